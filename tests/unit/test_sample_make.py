"""Making a sample: one seed one sample, whole or not at all, and a clear word for what cannot be made."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from helpers.samples import content
from integration.errors import DeclarationError, UsageError
from integration.reasons import Reason
from integration.sample import generate
from integration.sample.declare import HERE
from integration.sample.model import MARK
from integration.sample.naming import aliases, municipalities
from integration.sample.truth import SCHEMAS
from integration.settings import forget_settings, get_settings
from integration.storage import Zones

SMALL: dict[str, Any] = {"scale": 0.01, "municipalities": ["GM0321"]}
"""Five hundred people of one municipality."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "home"
    generate(home, **SMALL)
    return Zones(home)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "region"
    generate(home, scale=0.01)
    return Zones(home)


def column(zones: Zones, table: str, name: str) -> list:
    return pq.read_table(zones.truth / f"{table}.parquet", columns=[name]).column(name).to_pylist()


# -- the same seed, the same bytes -----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_in_another_process(made: Zones, tmp_path: Path) -> None:
    """Also where Python orders sets and dictionaries of texts by other hashes."""
    code = f"from integration.sample import generate; generate({str(tmp_path / 'again')!r}, **{SMALL!r})"
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert content(tmp_path / "again") == content(made.home)


def test_the_deliveries_are_those_of_other_machines(made: Zones) -> None:
    """Byte for byte those that Python 3.11 and 3.13 made on another machine.

    Whoever changes the sample changes this too, and says so: figures that were told of it are then of another sample.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in made.inbox.rglob("*") if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == "12be2c38352cbb0bf613d04f7876819cab5d1f56bc0311bed1f3fbc9dd69b13d"


def test_processes_change_nothing(region: Zones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large samples are made by several processes, each one municipality."""
    monkeypatch.setattr("integration.sample.region._WORTH_PROCESSES", 1)
    told = []
    result = generate(tmp_path / "again", scale=0.01, progress=lambda *how_far: told.append(how_far))
    assert content(tmp_path / "again") == content(region.home)
    assert result.counts == json.loads((region.home / "sample.json").read_text())["counts"]
    whole = sum(round(place.inhabitants * 0.01) for place in municipalities())
    assert told[0] == ("sample", 0, whole)
    assert told[-1] == ("sample", whole, whole)


def test_an_error_in_a_process_arrives_as_it_was() -> None:
    error = DeclarationError(Reason.LIVES_INVALID, "why", file="lives.yml", row=3, field="x")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.reason, again.row) == (
        DeclarationError,
        str(error),
        error.reason,
        3,
    )


def test_another_seed_gives_other_persons(made: Zones, tmp_path: Path) -> None:
    generate(tmp_path / "other", **SMALL, seed=7)
    ours, theirs = (column(zones, "persons", "voornaam") for zones in (made, Zones(tmp_path / "other")))
    assert ours != theirs


def test_a_municipality_by_itself_is_as_large_as_among_the_six(made: Zones, region: Zones) -> None:
    alone = len(column(made, "persons", "person_id"))
    among = column(region, "persons", "municipality").count("GM0321")
    assert abs(alone - among) < 30
    assert set(column(made, "persons", "municipality")) == {"GM0321"}
    assert {path.name for path in made.inbox.iterdir()} <= {
        f"{source}0321" for source in ("ON", "JH", "HA", "PO", "VT", "WT", "KO")
    }


def test_busy_makes_more_of_the_same_people(made: Zones, tmp_path: Path) -> None:
    generate(tmp_path / "busy", **SMALL, busy=4)
    busy = Zones(tmp_path / "busy")
    for name in ("person_id", "achternaam", "household_id"):
        assert column(busy, "persons", name) == column(made, "persons", name)
    assert len(column(busy, "events", "kind")) > 2 * len(column(made, "events", "kind"))


# -- what a sample says of itself --------------------------------------------------------------------------------------


def test_everything_says_that_it_is_synthetic(region: Zones) -> None:
    assert json.loads((region.home / "sample.json").read_text())["mark"] == MARK
    assert MARK in (region.home / "integration.toml").read_text()
    assert all(MARK in path.read_text() for path in region.suppliers.iterdir())
    manifests = list(region.inbox.glob("*/*.manifest.json"))
    assert len(manifests) > 150
    assert all(json.loads(path.read_text())["mark"] == MARK for path in manifests)
    tables = {path.stem: pq.read_schema(path) for path in region.truth.iterdir()}
    assert set(tables) == set(SCHEMAS)
    assert all(schema.metadata[b"mark"] == MARK.encode() for schema in tables.values())


def test_the_truth_lies_in_a_folder_of_its_own(region: Zones) -> None:
    assert {path.suffix for path in region.truth.iterdir()} == {".parquet"}
    assert [path for path in region.inbox.rglob("*") if path.suffix == ".parquet"] == []
    numbers = column(region, "events", "event_id")
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(column(region, "themes", "municipality")) == {place.code for place in municipalities()}
    numbers = column(region, "persons", "bsn")
    assert len(numbers) == len(set(numbers))


def test_documented_tables_and_columns_are_those_of_the_truth() -> None:
    """docs/reference/sample.md names every table with its columns, in order."""
    text = (Path(__file__).parents[2] / "docs/reference/sample.md").read_text()
    for table, columns in SCHEMAS.items():
        line = next(line for line in text.splitlines() if line.startswith(f"| {table} |"))
        cell, places = line.split("|")[2], []
        for name in columns:
            assert name in cell, (table, name)
            places.append(cell.index(name))
        assert len(places) == len(columns), table


def test_settings_read_what_the_sample_wrote(made: Zones) -> None:
    forget_settings()
    settings = get_settings(made.home)
    assert settings.synthetic
    assert settings.today() == date(2026, 2, 16)
    assert settings.municipality_names == {}


def test_with_alias_no_real_name_is_left(tmp_path: Path) -> None:
    generate(tmp_path / "home", scale=0.01, municipalities=["GM0321", "GM0228"], alias=True)
    zones = Zones(tmp_path / "home")
    names = [place.name.encode() for place in municipalities()]
    texts = {
        path: path.read_bytes()
        for path in zones.home.rglob("*")
        if path.is_file() and path.parent != zones.truth
    }
    assert len(texts) > 40
    assert [path.name for path, text in texts.items() if any(name in text for name in names)] == []
    forget_settings()
    assert get_settings(zones.home).municipality_names == {
        code: aliases()[code] for code in ("GM0228", "GM0321")
    }
    assert any(aliases()["GM0321"] in path.read_text() for path in zones.suppliers.glob("*0321.yml"))


# -- whole, or not at all ----------------------------------------------------------------------------------------------


def test_what_is_there_already_is_left_alone(made: Zones) -> None:
    before = content(made.home)
    result = generate(made, **SMALL)
    assert result.existing
    assert result.counts == json.loads((made.home / "sample.json").read_text())["counts"]
    assert content(made.home) == before


@pytest.mark.parametrize("options", [{"seed": 1}, {"scale": 0.02}, {"defects": "none"}, {"busy": 2}, {"alias": True},
                                     {"municipalities": None}])  # fmt: skip
def test_another_sample_in_the_folder_is_refused(made: Zones, options: dict) -> None:
    with pytest.raises(UsageError) as refused:
        generate(made, **{**SMALL, **options})
    assert refused.value.reason == Reason.FOLDER_NOT_EMPTY


def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "home/inbox/WT0321").mkdir(parents=True)
    (tmp_path / "home/inbox/WT0321/own.csv").write_text("x")
    with pytest.raises(UsageError, match="FOLDER_NOT_EMPTY"):
        generate(tmp_path / "home", **SMALL)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["own.csv"]


def test_keys_and_ledger_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "home/keys").mkdir(parents=True)
    (tmp_path / "home/keys/keyring.json").write_text("{}")
    (tmp_path / "home/inbox").mkdir()
    generate(tmp_path / "home", **SMALL)
    assert (tmp_path / "home/keys/keyring.json").read_text() == "{}"
    assert (tmp_path / "home/sample.json").is_file()


class Cannot(NamedTuple):
    options: dict[str, Any]
    reason: Reason
    says: str


@pytest.mark.parametrize(
    "cannot",
    [
        Cannot({"scale": 0}, Reason.INPUT_INVALID, "between 0.01 and 20"),
        Cannot({"scale": -1}, Reason.INPUT_INVALID, "between 0.01 and 20"),
        Cannot({"scale": 20.1}, Reason.INPUT_INVALID, "between 0.01 and 20"),
        Cannot({"scale": float("nan")}, Reason.INPUT_INVALID, "between 0.01 and 20"),
        Cannot({"busy": 0}, Reason.INPUT_INVALID, "busy must be"),
        Cannot({"busy": float("inf")}, Reason.INPUT_INVALID, "busy must be"),
        Cannot({"defects": "some"}, Reason.INPUT_INVALID, "demo or none"),
        Cannot({"population": Path("no.csv")}, Reason.INPUT_INVALID, "no such population file"),
        Cannot({"lives": Path("no.yml")}, Reason.INPUT_INVALID, "no such lives file"),
        Cannot({"municipalities": ["GM0321", "GM9999"]}, Reason.MUNICIPALITY_UNKNOWN, "GM0106, GM0114"),
        Cannot({"municipalities": ["Houten"]}, Reason.MUNICIPALITY_UNKNOWN, "choose from"),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused_with_nothing_left(tmp_path: Path, cannot: Cannot) -> None:
    with pytest.raises(UsageError) as refused:
        generate(tmp_path / "home", **{"scale": 0.01, **cannot.options})
    assert refused.value.reason == cannot.reason
    assert cannot.says in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free", "says"),
    [(10**9, r"1\.0 GB"), (10**8, r"0\.1 GB"), (4 * 10**7, r"0\.04 GB"), (3 * 10**6, "3 MB")],
)
def test_a_disk_that_is_too_small_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, says: str
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr("integration.sample.make.shutil.disk_usage", lambda _: usage)
    with pytest.raises(UsageError, match=rf"NO_SPACE.*{says} is free"):
        generate(tmp_path / "home", scale=20)
    assert list(tmp_path.iterdir()) == []


def test_lives_that_cannot_be_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    text = (HERE / "lives.yml").read_text()
    (tmp_path / "mine.yml").write_text(text.replace("known_before: 0.", "known_before: 7."))
    with pytest.raises(DeclarationError, match=r"LIVES_INVALID.*known_before.*\[file mine.yml\]"):
        generate(tmp_path / "home", **SMALL, lives=tmp_path / "mine.yml")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yml"]


def test_lives_of_your_own_are_lived(tmp_path: Path) -> None:
    text = (HERE / "lives.yml").read_text()
    start = text.index("starts: {")
    (tmp_path / "mine.yml").write_text(
        f"{text[:start]}starts: {{police_incident: 300}}\nlevels: {{}}\n{text[text.index('vulnerable:') :]}"
    )
    generate(tmp_path / "home", **SMALL, lives=tmp_path / "mine.yml")
    zones = Zones(tmp_path / "home")
    kinds = column(zones, "events", "kind")
    assert kinds.count("incident") > 20
    assert "absence" not in kinds[:1]
    assert json.loads((zones.home / "sample.json").read_text())["lives"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, Reason.NO_SPACE), (errno.EDQUOT, Reason.NO_SPACE), (errno.EACCES, Reason.INPUT_INVALID),
     (errno.EROFS, Reason.INPUT_INVALID)],
)  # fmt: skip
def test_a_disk_that_says_no_halfway_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: Reason
) -> None:
    def break_down(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("integration.sample.region.join", break_down)
    with pytest.raises(UsageError) as refused:
        generate(tmp_path / "new/home", **SMALL)
    assert refused.value.reason == reason
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_moving_in_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/own.txt").write_text("x")
    replace = os.replace

    def break_down(source: Path, target: Path) -> None:
        if Path(target) == tmp_path / "home/truth":
            raise RuntimeError
        replace(source, target)

    monkeypatch.setattr("integration.sample.make.os.replace", break_down)
    with pytest.raises(RuntimeError):
        generate(tmp_path / "home", **SMALL)
    assert [path.name for path in tmp_path.rglob("*")] == ["home", "own.txt"]


@pytest.mark.parametrize(
    "home", ["file", "file/home", "file/deep/home", "/dev/null", "/proc/no/home", "/proc/no"]
)
def test_a_home_that_cannot_be_a_folder_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr("integration.sample.make.make", lambda *_: pytest.fail("something was made"))
    with pytest.raises(UsageError, match="the folder cannot be written") as refused:
        generate(tmp_path / home, **SMALL)
    assert refused.value.reason == Reason.INPUT_INVALID
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]


def test_a_home_that_may_not_be_written_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setattr("integration.sample.workplace.os.access", lambda path, _: path != tmp_path / "home")
    with pytest.raises(UsageError, match=r"INPUT_INVALID.*Permission denied"):
        generate(tmp_path / "home", **SMALL)
    assert [path.name for path in tmp_path.rglob("*")] == ["home"]


def test_a_home_on_a_disk_of_its_own_is_filled_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume: nothing can be moved into it from the folder beside it."""
    (tmp_path / "home").mkdir()
    monkeypatch.setattr("integration.sample.workplace.os.access", lambda path, _: path == tmp_path / "home")
    generate(tmp_path / "home", **SMALL)
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == [
        "inbox", "integration.toml", "sample.json", "suppliers", "truth",
    ]  # fmt: skip


@pytest.mark.parametrize("gone", ["inbox", "suppliers", "truth", "truth/events.parquet", "integration.toml"])
def test_a_sample_of_which_a_part_is_gone_is_not_called_whole(made: Zones, tmp_path: Path, gone: str) -> None:
    shutil.copytree(made.home, tmp_path / "home")
    part = tmp_path / "home" / gone
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    with pytest.raises(UsageError, match=f"a part of the sample is gone: {gone.split('/')[0]};") as refused:
        generate(tmp_path / "home", **SMALL)
    assert refused.value.reason == Reason.FOLDER_NOT_EMPTY


def test_a_sample_whose_deliveries_were_received_is_whole(made: Zones, tmp_path: Path) -> None:
    shutil.copytree(made.home, tmp_path / "home")
    shutil.rmtree(tmp_path / "home/inbox")
    (tmp_path / "home/inbox").mkdir()
    assert generate(tmp_path / "home", **SMALL).existing


@pytest.mark.parametrize("text", ["", "{", "[]", '{"counts": 3}', "\xff"])
def test_a_sample_that_does_not_say_what_it_is_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/sample.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"FOLDER_NOT_EMPTY.*cannot be read"):
        generate(tmp_path / "home", **SMALL)


# -- ended from outside ------------------------------------------------------------------------------------------------

SLOW = """
import sys
from pathlib import Path
from integration.sample import generate, region
from integration.signals import ended_by_signal

if __name__ == "__main__":
    region._WORTH_PROCESSES = int(sys.argv[2])
    with ended_by_signal():
        generate(Path(sys.argv[1]), scale=1)
"""
"""A sample that takes minutes, with or without processes of its own."""


def begun(tmp_path: Path, *, processes: bool) -> tuple[subprocess.Popen[bytes], Path]:
    """A process that is making a sample, and where it does so; once a municipality is begun."""
    (tmp_path / "slow.py").write_text(SLOW)
    few = "1" if processes else str(10**9)
    command = [sys.executable, str(tmp_path / "slow.py"), str(tmp_path / "at/home"), few]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for work in (tmp_path / "at").glob(".home.*.partial"):
            if any((work / "parts").glob("*")):
                return process, work
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.parametrize(("number", "processes"), [(signal.SIGTERM, True), (signal.SIGHUP, False)])
def test_a_signal_leaves_no_folder_and_no_process(tmp_path: Path, number: int, processes: bool) -> None:
    process, _ = begun(tmp_path, processes=processes)
    process.send_signal(number)
    process.communicate(timeout=120)  # ends when nobody holds its output any more
    assert process.returncode == 128 + number
    assert [path.name for path in tmp_path.iterdir()] == ["slow.py"]


def test_a_killed_process_takes_its_workers_along_and_the_next_clears_up(tmp_path: Path) -> None:
    process, work = begun(tmp_path, processes=True)
    process.kill()
    process.communicate(timeout=120)  # its workers would hold the output
    assert work.exists()
    generate(tmp_path / "at/home", **SMALL)
    assert [path.name for path in (tmp_path / "at").iterdir()] == ["home"]


def test_a_folder_that_somebody_works_in_stays(tmp_path: Path) -> None:
    others = [tmp_path / name for name in (".home.busy.partial", ".home.other.x.partial", ".house.x.partial",
                                           ".home.unknown.partial")]  # fmt: skip
    for folder in others:
        folder.mkdir()
        (folder / "file").write_text("x")
    for folder in others[:3]:
        (folder / ".making").write_text("")
    (tmp_path / ".home.empty.partial").mkdir()
    with (others[0] / ".making").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        generate(tmp_path / "home", **SMALL)
    assert {path.name for path in tmp_path.iterdir()} == {"home", *(folder.name for folder in others)}


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--scale", "0"], "between 0.01 and 20"), (["--municipality", "GM0001"], "MUNICIPALITY_UNKNOWN"),
     (["--lives", "absent.yml"], "no such lives file"), (["--defects", "x"], "demo or none")],
)  # fmt: skip
def test_the_command_says_so_in_a_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    command = [str(Path(sys.executable).with_name("integration")), "--home", str(tmp_path / "home"), "sample"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert "\n" not in done.stderr.strip()
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
