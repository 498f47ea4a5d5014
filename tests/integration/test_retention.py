"""A purge by the one clock: each zone in its time, nothing that waits, and the same after any stop."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from helpers.deliveries import NOW, PASSPHRASE, csv_bytes, full_row, ledger, put
from helpers.encoding import make_keys
from helpers.sealing import SealedPlace, signer
from integration import audit, pipeline
from integration.attacks.search import hits
from integration.audit.verify import verify
from integration.deliveries.quarantine import quarantined, replay
from integration.deliveries.receive import receive_inbox
from integration.errors import IntegrationError, UsageError
from integration.ledger import Ledger
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.retention import Count, PurgeResult, purge
from integration.settings import Settings, forget_settings
from integration.storage import Zones

OLD, OLDER = datetime(2022, 12, 27, 6, tzinfo=NOW.tzinfo), datetime(2022, 11, 1, 6, tzinfo=NOW.tzinfo)


class Home:
    """An installation with one supplier, whose clock can be set."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = SealedPlace(tmp_path)
        self.path, self.zones = self.place.home, self.place.zones
        make_keys(self.path)
        self.at(NOW)

    @property
    def ledger(self) -> Ledger:
        return ledger(self.path)

    def at(self, moment: datetime) -> Settings:
        """Set the clock."""
        told = f'fixed_clock = "{moment.isoformat()}"\nsynthetic = true\n'
        (self.path / "integration.toml").write_text(told)
        forget_settings()
        return Settings(home=self.path)

    def plain(
        self, sequence: int, period: str, records: dict[str, dict[str, str]], arrived: datetime = NOW
    ) -> str:
        """Take a plain delivery in and encode it; its id."""
        self.place.trust()
        supplier = self.place.supplier
        rows = [full_row(supplier.contract, record_id=name, **more) for name, more in records.items()]
        told = {"sequence": sequence, "period": period, "name": f"{sequence}.csv", "arrived": arrived}
        put(self.path, supplier, csv_bytes(rows, supplier), **told)  # type: ignore[arg-type]
        (receipt,) = receive_inbox(self.zones, self.ledger, Settings(home=self.path))
        assert receipt.accepted, receipt.reason
        assert pipeline.encode(str(receipt.delivery_id)).state == "encoded"
        return str(receipt.delivery_id)

    def load(self, *names: str) -> None:
        """Say that deliveries passed their check, and load them."""
        for name in names:
            self.ledger.append(name, "checked", at=Settings(home=self.path).now())
        pipeline.load(names)

    def purge(self, moment: datetime = NOW, *, dry_run: bool = False) -> PurgeResult:
        return purge(self.at(moment), self.ledger, dry_run=dry_run)

    def files(self) -> dict[str, bytes]:
        """Every file but the ledger, the settings and the audit log."""
        left_out = {"ledger.sqlite", "integration.toml", "audit"}
        found = (path for path in sorted(self.path.rglob("*")) if path.is_file() and path.suffix != ".lock")
        named = {str(path.relative_to(self.path)): path for path in found}
        return {
            name: path.read_bytes()
            for name, path in named.items()
            if name.split("/")[0].partition(".sqlite-")[0] not in left_out and "ledger.sqlite" not in name
        }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setenv("INTEGRATION_PASSPHRASE", PASSPHRASE.decode())
    home = Home(tmp_path, monkeypatch)
    monkeypatch.setenv("INTEGRATION_HOME", str(home.path))
    forget_settings()
    yield home
    forget_settings()


def days(number: int) -> datetime:
    return NOW + timedelta(days=number)


def counts(result: PurgeResult, zone: str) -> list[Count]:
    return [count for count in result.counts if count.zone == zone]


def keys(zones: Zones, name: str, table: str = "records") -> list[int]:
    """The numbers of the rows that a linked delivery has left."""
    path = zones.linked_dir(DeliveryId.parse(name)) / f"{table}.parquet"
    return pq.read_table(path).column("row_number").to_pylist() if path.exists() else []


# -- raw, quarantine, staging -----------------------------------------------------------------------------------------


def sealed(home: Home) -> str:
    home.place.send()
    (receipt,) = home.place.receive()
    return str(receipt.delivery_id)


def test_raw_goes_after_seven_days_with_its_data_key_and_not_before(home: Home) -> None:
    name = sealed(home)
    pipeline.encode(name)
    home.load(name)
    assert counts(home.purge(days(6)), "raw") == []
    assert len(home.place.raw()) == 2
    assert counts(home.purge(days(7), dry_run=True), "raw") == [Count("raw", "wijkteam", deliveries=1)]
    assert len(home.place.raw()) == 2
    assert counts(home.purge(days(7)), "raw") == [Count("raw", "wijkteam", deliveries=1)]
    assert home.place.raw() == {}
    assert list(home.zones.data_keys.iterdir()) == []
    assert list(home.zones.raw.glob("*/*/*")) == []
    assert home.purge(days(7)).counts == ()


@pytest.mark.parametrize("state", ["received", "encoded", "checked"])
def test_what_waits_is_never_purged_but_counted(home: Home, state: str) -> None:
    name = sealed(home)
    if state != "received":
        pipeline.encode(name)
    if state == "checked":
        home.ledger.append(name, "checked", at=NOW)
    before = home.files()
    result = home.purge(days(4000))
    assert counts(result, "raw") == [Count("raw", "wijkteam", waiting=1)]
    assert counts(result, "staging") == (
        [] if state == "received" else [Count("staging", "wijkteam", waiting=1)]
    )
    assert home.files() == before


def test_a_delivery_sent_again_counts_from_the_second_time(home: Home) -> None:
    name = sealed(home)
    home.ledger.append(name, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    home.at(days(5))
    home.place.options = {}
    home.place.send(1, home.place.right(3))
    receive_inbox(home.zones, home.ledger, Settings(home=home.path))
    pipeline.encode(name)
    home.load(name)
    assert counts(home.purge(days(11)), "raw") == []
    assert len(counts(home.purge(days(12)), "raw")) == 1


def test_quarantine_keeps_the_reason_only(home: Home) -> None:
    home.place.seal(1)
    home.place.send(2)
    assert home.place.receive()[0].reason == Reason.SEQUENCE_GAP
    folder = home.zones.inbox / "NIEMAND"
    (folder / "map met een naam").mkdir(parents=True)
    (folder / "map met een naam" / "Jansen.csv").write_text("x")
    os.utime(folder / "map met een naam", (NOW.timestamp() - 9999,) * 2)
    home.place.receive()
    assert home.purge(days(6)).counts == ()
    assert home.purge(days(7)).counts == (
        Count("quarantine", "onbekend", deliveries=1),
        Count("quarantine", "wijkteam", deliveries=1),
    )
    for item in quarantined(home.zones):
        left = home.zones.quarantine / item.quarantine_id
        assert [path.name for path in left.iterdir()] == ["reason.json"]
        assert (item.payload, item.manifest) == (None, None)
        told = (left / "reason.json").read_text()
        assert "purged_on" in told
        assert "map met" not in told
        if item.supplier == "WT0321":
            assert item.reason == "SEQUENCE_GAP"
            with pytest.raises(UsageError) as caught:
                replay(home.zones, item.quarantine_id)
            assert caught.value.reason == Reason.DELIVERY_PURGED
    assert list(home.zones.data_keys.iterdir()) == []
    assert home.purge(days(8)).counts == ()


def test_staging_goes_thirty_days_after_encoding_once_loaded_or_refused(home: Home) -> None:
    first, second = sealed(home), None
    pipeline.encode(first)
    home.load(first)
    home.place.send(2)
    (receipt,) = home.place.receive()
    second = str(receipt.delivery_id)
    pipeline.encode(second)
    home.ledger.append(second, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    assert counts(home.purge(days(29)), "staging") == []
    assert counts(home.purge(days(30)), "staging") == [Count("staging", "wijkteam", deliveries=2)]
    assert not [path for path in home.zones.staging.rglob("*") if path.is_file()]
    assert keys(home.zones, first) == [1, 2], "what was loaded stays"


def test_a_data_key_that_a_crash_left_behind_is_destroyed(home: Home) -> None:
    name = sealed(home)
    shutil.rmtree(home.zones.raw)
    home.purge()
    assert not (home.zones.data_keys / f"{name}.header").exists()


# -- linked -----------------------------------------------------------------------------------------------------------


def linked(home: Home) -> tuple[str, str, str]:
    """Three deliveries: R1 and R2 long ago; R2 and R3 last month; R4 long ago but with a date of last month."""
    home.at(NOW)
    first = home.plain(1, "2022-W50", {"R1": {}, "R2": {}}, arrived=OLD)
    second = home.plain(2, "2026-W04", {"R2": {}, "R3": {}})
    third = home.plain(3, "2022-W51", {"R4": {}})
    home.load(first, second, third)
    return first, second, third


def test_a_record_goes_whole_when_all_its_versions_are_past_their_term(home: Home) -> None:
    first, second, third = linked(home)
    assert counts(home.purge(dry_run=True), "linked") == [
        Count("linked", "wijkteam", deliveries=1, records=1)
    ]
    assert keys(home.zones, first) == [1, 2]
    assert counts(home.purge(), "linked") == [Count("linked", "wijkteam", deliveries=1, records=1)]
    assert [keys(home.zones, name) for name in (first, second, third)] == [[2], [1, 2], [1]]
    assert set(keys(home.zones, first, "mentions")) == {2}
    assert counts(home.purge(), "linked") == []
    much_later = datetime(2029, 1, 25, 6, tzinfo=NOW.tzinfo)
    result = home.purge(much_later)
    assert counts(result, "linked") == [Count("linked", "wijkteam", deliveries=3, records=4)]
    assert list(home.zones.linked.glob("*/*/*")) == []


def test_the_last_day_of_thirty_six_months(home: Home) -> None:
    """A week that ended on Sunday 18 December 2022 is over on 18 December 2025."""
    home.at(NOW)
    name = home.plain(1, "2022-W50", {"R1": {}}, arrived=OLDER)
    home.load(name)
    assert counts(home.purge(datetime(2025, 12, 17, 6, tzinfo=NOW.tzinfo)), "linked") == []
    assert len(counts(home.purge(datetime(2025, 12, 18, 6, tzinfo=NOW.tzinfo)), "linked")) == 1


def test_rewritten_tables_have_the_same_columns_and_no_old_rows_bytes(home: Home) -> None:
    first, _, _ = linked(home)
    folder = home.zones.linked_dir(DeliveryId.parse(first))
    before = {name: pq.read_table(folder / f"{name}.parquet") for name in ("records", "mentions")}
    gone = before["records"].column("record_key").to_pylist()[0]
    assert hits(home.zones.linked, [gone])
    home.purge()
    for name, table in before.items():
        after = pq.read_table(folder / f"{name}.parquet")
        assert after.schema == table.schema
        assert after == table.filter([key != gone for key in table.column("record_key").to_pylist()])
    assert hits(home.zones.linked, [gone]) == {}
    assert sorted(path.name for path in folder.iterdir()) == ["mentions.parquet", "records.parquet"]


def test_after_purge_and_the_next_night_a_purged_records_tokens_are_in_no_file(home: Home) -> None:
    first = home.plain(
        1, "2022-W50", {"R1": {"kind_bsn": "999911120", "kind_achternaam": "Andersheid"}}, arrived=OLD
    )
    second = home.plain(2, "2026-W04", {"R3": {}})
    home.load(first, second)
    pipeline.nightly("GM0321")
    folder = home.zones.linked_dir(DeliveryId.parse(first))
    gone = {
        value
        for table in ("records", "mentions")
        for row in pq.read_table(folder / f"{table}.parquet").to_pylist()
        for name, value in row.items()
        if value and ("token" in name or name == "record_key")
    }
    kept_folder = home.zones.linked_dir(DeliveryId.parse(second))
    kept = {
        v for row in pq.read_table(kept_folder / "mentions.parquet").to_pylist() for v in row.values() if v
    }
    gone -= kept
    assert len(gone) > 3
    published = home.zones.warehouse / "GM0321.duckdb"
    people = _people(published)
    assert hits(home.path, gone)
    assert pipeline.link("GM0321").unchanged
    result = pipeline.purge()
    assert Count("linked", "wijkteam", deliveries=1, records=1) in result.counts
    assert [stage.unchanged for stage in pipeline.nightly("GM0321")] == [False] * 5
    assert pipeline.link("GM0321").unchanged
    found = hits(home.path, gone, leave_out=["staging"])
    assert found == {}, "staging has its own term"
    assert _people(published) < people
    home.at(days(30))
    pipeline.purge()
    assert hits(home.path, gone) == {}


def _people(path: Path) -> set[str]:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as con:
        return {row[0] for row in con.execute("select person_id from core.person").fetchall()}


# -- the audit logs ---------------------------------------------------------------------------------------------------


def test_audit_days_go_after_five_years_and_what_is_left_verifies(home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for moment in (OLDER, OLD, NOW):
        home.at(moment)
        pipeline.receive()
    later = OLD + timedelta(days=366 * 5 + 1)
    told = home.at(later).model_copy(update={"audit_export": elsewhere})
    audit.sign_heads(told)
    dry = purge(told, home.ledger, dry_run=True)
    assert counts(dry, "audit") == [Count("audit", "processing", deliveries=2)]
    assert counts(purge(told, home.ledger), "audit") == counts(dry, "audit")
    assert [path.stem for path in (home.zones.audit / "processing").glob("*.jsonl")] == ["2026-02-16"]
    kept_from = audit.kept_from(told)
    assert verify(home.zones.audit, kept_from=kept_from).findings == []
    assert verify(home.zones.audit, elsewhere, kept_from=kept_from).findings == []
    assert counts(purge(told, home.ledger), "audit") == []


def test_an_audit_log_that_was_changed_is_not_purged(home: Home) -> None:
    for moment in (OLDER, OLD, NOW):
        home.at(moment)
        pipeline.receive()
    path = min((home.zones.audit / "processing").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"intake", b"inkate"))
    with pytest.raises(IntegrationError) as caught:
        home.purge(OLD + timedelta(days=366 * 5 + 1))
    assert caught.value.reason == Reason.AUDIT_BROKEN
    assert path.exists()


# -- stops, and the command -------------------------------------------------------------------------------------------


def test_a_stop_at_any_step_is_finished_by_the_next_purge(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Purging once, and purging after a stop, come to the same files."""
    last = DeliveryId.parse(linked(home)[2])
    home.place.trust(signer())
    manifest = home.zones.raw_dir(last) / "manifest.json"
    home.place.send(4, previous=hashlib.sha256(manifest.read_bytes()).hexdigest())
    (receipt,) = home.place.receive()
    assert receipt.accepted, receipt.reason
    pipeline.encode(str(receipt.delivery_id))
    home.load(str(receipt.delivery_id))
    start, moment = home.path, days(40)
    before = len(home.files())
    _copy(home, start, "once")
    home.purge(moment)
    expected = home.files()
    assert len(expected) < before - 10
    step, finished = 0, False
    while not finished:
        step += 1
        _copy(home, start, str(step))
        calls = [0]
        with monkeypatch.context() as patch:
            for holder, name in ((os, "replace"), (shutil, "rmtree"), (Path, "unlink")):
                patch.setattr(holder, name, _stopping(getattr(holder, name), calls, step))
            try:
                home.purge(moment)
                finished = True
            except SystemExit:
                pass
        home.purge(moment)
        assert home.files() == expected, step
        shutil.rmtree(home.path)
    assert step > 15


def _copy(home: Home, start: Path, name: str) -> None:
    target = start.parent / name
    shutil.copytree(start, target)
    home.path, home.zones = target, Zones(target)
    home.place.home, home.place.zones = target, home.zones


def _stopping(real: Any, calls: list[int], step: int) -> Any:
    def run(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == step:
            raise SystemExit
        return real(*arguments, **options)

    return run


def test_the_command_counts_first_and_tells_in_dutch_or_json(home: Home) -> None:
    name = sealed(home)
    pipeline.encode(name)
    home.load(name)
    home.at(days(8))
    command = [sys.executable, "-m", "integration.cli", "--home", str(home.path), "purge"]

    def run(*more: str) -> str:
        return subprocess.run([*command, *more], capture_output=True, text=True, check=True).stdout

    told = {"day": "2026-02-24", "counts": [
        {"zone": "raw", "source": "wijkteam", "deliveries": 1, "records": 0, "waiting": 0},
    ]}  # fmt: skip
    assert json.loads(run("--dry-run", "--json")) == told | {"dry_run": True}
    assert "zou worden gewist" in run("--dry-run")
    assert len(home.place.raw()) == 2
    assert json.loads(run("--json")) == told | {"dry_run": False}
    assert home.place.raw() == {}
    table = run()
    assert "Bewaartermijnen op 24-02-2026: gewist" in table
    lines = [
        json.loads(line) for path in (home.zones.audit / "processing").glob("*") for line in path.open("rb")
    ]
    purges = [(line["event"], line["object"], line["purpose"]) for line in lines if line["action"] == "purge"]
    assert purges == [("begun", "retention:all", "retention"), ("ended", "retention:all", "retention")] * 2


def test_the_history_of_checks_goes_with_the_logs(home: Home) -> None:
    from integration.quality.check import CheckResult
    from integration.quality.history import History

    assert counts(home.purge(), "history") == []
    assert not (home.path / "stewardship.sqlite").exists()
    history = History(Settings(home=home.path).stewardship())
    for sequence in (1, 2):
        name = f"wijkteam.WT0321.GM0321.2026-W03.{sequence:04}"
        history.record(CheckResult(name, "error"), NOW + timedelta(days=sequence))
    first_gone = days(5 * 366 + 2)
    assert counts(home.purge(days(5 * 366), dry_run=True), "history") == []
    for dry_run in (True, False):
        assert counts(home.purge(first_gone, dry_run=dry_run), "history") == [
            Count("history", "wijkteam", deliveries=1)
        ]
    assert counts(home.purge(first_gone), "history") == []
