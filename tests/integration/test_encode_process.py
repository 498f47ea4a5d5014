"""Encoding in a process of its own: the same bytes again, nothing without the right key, nothing left by a kill."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from helpers.deliveries import CHILD, PASSPHRASE, add_supplier, full_row, ledger, put, settings
from helpers.encoding import encode_now, make_keys
from integration import encode_process
from integration.deliveries.receive import receive_inbox
from integration.encode_job import EncodeJob, make_job
from integration.errors import IntegrationError, KeyUnavailable
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.first_pass import known_first_pass
from integration.pseudonyms.frames import FrameReader
from integration.pseudonyms.keeper import make_demo_keeper
from integration.reasons import Reason
from integration.storage import Zones


@pytest.fixture
def delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeliveryId:
    """A received delivery of three rows, one with a bad optional field, and keys that open quickly."""
    make_keys(tmp_path)
    supplier = add_supplier(tmp_path)
    put(tmp_path, supplier, [full_row(supplier.contract, n, herstel_doel="?" * (n == 2)) for n in (1, 2, 3)])
    (receipt,) = receive_inbox(Zones(tmp_path), ledger(tmp_path), settings(tmp_path))
    assert receipt.delivery_id
    return receipt.delivery_id


def job(home: Path, delivery: DeliveryId) -> EncodeJob:
    return make_job(settings(home), delivery)


def encode(home: Path, delivery: DeliveryId) -> dict[str, Any]:
    return encode_now(settings(home), delivery)


def files(home: Path, delivery: DeliveryId) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Zones(home).staging_dir(delivery).iterdir())}


def test_two_processes_make_the_same_bytes_again(tmp_path: Path, delivery: DeliveryId) -> None:
    found = encode(tmp_path, delivery)
    assert (found["rows_in"], found["rows_ok"], found["fields_nulled"]) == (3, 3, 1)
    first = files(tmp_path, delivery)
    assert set(first) == {"records.parquet", "mentions.parquet", "findings.parquet", "encode.json"}
    assert json.loads(first["encode.json"]) == found
    encode(tmp_path, delivery)
    assert files(tmp_path, delivery) == first


def test_the_fingerprints_of_both_passes_are_kept(tmp_path: Path, delivery: DeliveryId) -> None:
    found = encode(tmp_path, delivery)
    known = known_first_pass(Zones(tmp_path).first_pass_keys, DomainCode("GM0321"))
    assert (found["first_pass_version"], found["first_pass_fingerprint"]) == (1, known.fingerprint)
    assert found["key_fingerprints"]["first.1.GM0321"] == known.fingerprint
    assert {"1", "1.GM0321.person", "1.GM0321.address", "1.GM0321.key"} < set(found["key_fingerprints"])


@pytest.mark.parametrize(("encoded", "told"), [(False, "0 ['numpy']"), (True, "2 []")])
def test_the_process_starts_light(tmp_path: Path, delivery: DeliveryId, encoded: bool, told: str) -> None:
    """What takes long to import stays out, and so does what could talk to anyone; numpy is for encoding alone."""
    program = (
        "import io, sys; from integration import encode_process as p; p.stay_light('pandas')\n"
        "code = p.main(['x', '--job'], sys.stdin.buffer, io.BytesIO())\n"
        "heavy = {'pandas', 'numpy', 'duckdb', 'great_expectations', 'airflow', 'typer', 'pydantic', 'sqlalchemy'}\n"
        "print(code, sorted(name for name in heavy if sys.modules.get(name)))"
    )
    wanted = job(tmp_path, delivery)
    content = pickle.dumps(replace(wanted, key=None) if encoded else wanted)
    done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == told


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_the_process_leaves_no_core_and_lets_no_debugger_in() -> None:
    program = (
        "import resource, ctypes; from integration.hardening import harden; harden()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0) 0"


def refused(home: Path, delivery: DeliveryId) -> Reason:
    with pytest.raises(IntegrationError) as caught:
        encode(home, delivery)
    assert isinstance(caught.value, KeyUnavailable) == caught.value.reason.startswith("KEY_")
    return caught.value.reason


def nothing_written(home: Path) -> bool:
    return not [path for path in Zones(home).staging.rglob("*") if path.is_file()]


FIRST_KEY = "first-pass/GM0321.json"


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("keyring.json", lambda path: path.unlink(), Reason.KEY_MISSING),
        ("keyring.json", lambda path: path.write_text("{}"), Reason.KEY_MISSING),
        (
            "keyring.json",
            lambda path: path.write_text(path.read_text().replace('"active"', '"destroyed"')),
            Reason.KEY_DESTROYED,
        ),
        (FIRST_KEY, lambda path: path.unlink(), Reason.KEY_MISSING),
        (FIRST_KEY, lambda path: path.write_text("{}"), Reason.KEY_MISSING),
        ("first-pass/GM0321.public.json", lambda path: path.unlink(), Reason.KEY_MISSING),
        ("first-pass/GM0321.public.json", lambda path: path.write_text("[]"), Reason.KEY_MISSING),
        ("first-pass/passphrase", lambda path: path.unlink(), Reason.KEY_MISSING),
        ("first-pass/passphrase", lambda path: path.write_text("another"), Reason.KEY_WRONG),
    ],
)
def test_without_both_keys_nothing_is_written(
    tmp_path: Path, delivery: DeliveryId, file: str, change: Any, reason: Reason
) -> None:
    change(tmp_path / "keys" / file)
    assert refused(tmp_path, delivery) == reason
    assert nothing_written(tmp_path)


def test_with_a_wrong_passphrase_nothing_is_written(tmp_path: Path, delivery: DeliveryId) -> None:
    wrong = settings(tmp_path).model_copy(update={"passphrase": SecretStr("wrong")})
    with pytest.raises(KeyUnavailable) as caught:
        encode_now(wrong, delivery)
    assert caught.value.reason == Reason.KEY_WRONG
    assert nothing_written(tmp_path)


@pytest.mark.parametrize("where", ["staging/GM0321/politie/other/encode.json", "warehouse/GM0321.json"])
@pytest.mark.parametrize("key", ["1", "first.1.GM0321"])
def test_other_keys_under_the_same_passphrases_are_wrong(
    tmp_path: Path, delivery: DeliveryId, where: str, key: str
) -> None:
    """Their pseudonyms would match nothing that this domain has."""
    known = tmp_path / where
    known.parent.mkdir(parents=True)
    known.write_text(json.dumps({"key_fingerprints": {key: "0123456789abcdef"}}))
    assert refused(tmp_path, delivery) == Reason.KEY_WRONG
    assert not Zones(tmp_path).staging_dir(delivery).exists()


def test_another_domains_or_versions_key_in_its_place_is_wrong(tmp_path: Path, delivery: DeliveryId) -> None:
    zones = Zones(tmp_path)
    make_demo_keeper(zones.keeper, zones.first_pass_keys, ["GM0228"])
    (zones.first_pass_keys / "GM0228.json").rename(zones.first_pass_keys / "GM0321.json")
    assert refused(tmp_path, delivery) == Reason.KEY_WRONG
    assert nothing_written(tmp_path)


def test_raw_files_that_were_changed_after_receipt_are_not_encoded(
    tmp_path: Path, delivery: DeliveryId
) -> None:
    payload = Zones(tmp_path).raw_dir(delivery) / "payload.csv"
    payload.write_bytes(payload.read_bytes().replace(b"Fedor", b"Fjodr"))
    assert refused(tmp_path, delivery) == Reason.HASH_MISMATCH
    assert nothing_written(tmp_path)


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, delivery: DeliveryId) -> None:
    target = Zones(tmp_path).staging_dir(delivery)
    stale = target.parent / f".{target.name}.abc.partial"
    stale.mkdir(parents=True)
    (stale / "records.parquet").write_bytes(b"half")
    encode(tmp_path, delivery)
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_killed_anywhere_it_leaves_nothing_half(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process dies after each frame in turn; the stage then tells so, and done again it is whole."""
    whole = encode(tmp_path, delivery)
    made = files(tmp_path, delivery)
    shutil.rmtree(Zones(tmp_path).staging)
    read = FrameReader._next
    for last in range(4):
        left = iter(range(last))
        monkeypatch.setattr(
            FrameReader, "_next", lambda self, left=left: read(self) if next(left, None) is not None else None
        )
        assert refused(tmp_path, delivery) == Reason.INTERNAL
        assert nothing_written(tmp_path)
    monkeypatch.undo()
    assert encode(tmp_path, delivery) == whole
    assert files(tmp_path, delivery) == made


def test_an_unexpected_error_tells_where_and_no_value(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(work: EncodeJob, sink: object) -> None:
        raise KeyError(CHILD["achternaam"])

    monkeypatch.setattr(encode_process, "harden", lambda: None)
    monkeypatch.setattr(encode_process, "encode", fail)
    monkeypatch.setattr(encode_process.pickle, "load", lambda stream: None)
    out = io.BytesIO()
    assert encode_process.main(["x", "--job"], io.BytesIO(), out) == 2
    out.seek(0)
    reader = FrameReader(out, add_supplier(tmp_path).contract)
    assert list(reader) == []
    assert reader.content["reason"] == "INTERNAL"
    assert reader.content["detail"].startswith("KeyError")
    assert CHILD["achternaam"] not in out.getvalue().decode()
    told = capfd.readouterr()
    assert told.out + told.err == ""


# -- who holds what --------------------------------------------------------------------------------------------


def started(
    home: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> tuple[list[str], dict[str, str]]:
    """The command and the environment with which the encoding process is started."""
    seen: dict[str, Any] = {}

    def popen(command: list[str], **given: Any) -> Any:
        seen.update(command=command, env=given["env"])
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", popen)
        with pytest.raises(IntegrationError):
            encode_now(settings(home, **options), delivery)
    return seen["command"], seen["env"]


def test_the_child_has_no_key_of_the_receiver(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEGRATION_PASSPHRASE", PASSPHRASE.decode())
    monkeypatch.setenv("INTEGRATION_LEDGER_URL", "sqlite://")
    command, environment = started(tmp_path, delivery, monkeypatch)
    given = pickle.dumps(job(tmp_path, delivery)).decode("latin-1") + repr(command) + repr(environment)
    assert PASSPHRASE.decode() not in given
    assert not [name for name in environment if name.startswith("INTEGRATION_")]
    assert "keyring" not in given.replace("integration.pseudonyms", "")


def test_the_receiver_never_reads_the_first_pass_passphrase(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither file is opened in this process, and the variable goes on to the child unread."""
    folder = Zones(tmp_path).first_pass_keys
    secret = (folder / "passphrase").read_text().strip()
    opened: list[str] = []
    watch = [True]
    sys.addaudithook(lambda event, given: opened.append(str(given[0])) if watch and event == "open" else None)
    encode(tmp_path, delivery)
    watch.clear()
    assert [path for path in opened if path.endswith("GM0321.public.json")], "the hook itself must see"
    assert not [path for path in opened if path.startswith(str(folder)) and not path.endswith(".public.json")]
    given = pickle.dumps(job(tmp_path, delivery)).decode("latin-1")
    assert secret not in given + repr(settings(tmp_path).model_dump())
    monkeypatch.setenv("INTEGRATION_FIRST_PASS_PASSPHRASE", secret)
    assert secret not in repr(settings(tmp_path).model_dump())
    assert started(tmp_path, delivery, monkeypatch)[1]["INTEGRATION_FIRST_PASS_PASSPHRASE"] == secret
    (folder / "passphrase").unlink()
    assert encode(tmp_path, delivery)["rows_ok"] == 3


def test_another_user_can_run_the_first_pass(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("sudo", "-n", "-u", "encoder")
    command, _ = started(tmp_path, delivery, monkeypatch, encode_command=words)
    assert command[:5] == [*words, sys.executable]
    assert encode_now(settings(tmp_path, encode_command=("env",)), delivery)["rows_ok"] == 3
