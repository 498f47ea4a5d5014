"""Encoding in a process of its own: the same bytes again, nothing without the right key, nothing left by a kill."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import CHILD, NOW, PASSPHRASE, add_supplier, full_row, ledger, put, settings
from integration import encode_process
from integration.deliveries.receive import receive_inbox
from integration.encode_job import EncodeJob, make_job, run_job
from integration.errors import IntegrationError, KeyUnavailable
from integration.names import DeliveryId
from integration.pseudonyms import keyring
from integration.pseudonyms.keyring import init_keyring
from integration.reasons import Reason
from integration.storage import Zones


@pytest.fixture
def delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeliveryId:
    """A received delivery of three rows, one with a bad optional field, and a keyring that opens quickly."""
    monkeypatch.setattr(keyring, "MEMORY_KIB", 64)
    monkeypatch.setattr(keyring, "PASSES", 1)
    init_keyring(tmp_path / "keys" / "keyring.json", PASSPHRASE, NOW)
    supplier = add_supplier(tmp_path)
    put(tmp_path, supplier, [full_row(supplier.contract, n, herstel_doel="?" * (n == 2)) for n in (1, 2, 3)])
    (receipt,) = receive_inbox(Zones(tmp_path), ledger(tmp_path), settings(tmp_path))
    assert receipt.delivery_id
    return receipt.delivery_id


def job(home: Path, delivery: DeliveryId) -> EncodeJob:
    return make_job(settings(home), delivery)


def files(home: Path, delivery: DeliveryId) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Zones(home).staging_dir(delivery).iterdir())}


def test_a_job_is_run_in_a_process_of_its_own(tmp_path: Path, delivery: DeliveryId) -> None:
    found = run_job(job(tmp_path, delivery))
    assert (found["rows_in"], found["rows_ok"], found["fields_nulled"]) == (3, 3, 1)
    first = files(tmp_path, delivery)
    assert set(first) == {"records.parquet", "mentions.parquet", "findings.parquet", "encode.json"}
    assert json.loads(first["encode.json"]) == found
    run_job(job(tmp_path, delivery))
    assert files(tmp_path, delivery) == first


def test_by_id_it_finds_everything_itself_and_tells_the_ledger(tmp_path: Path, delivery: DeliveryId) -> None:
    environment = {
        **os.environ,
        "INTEGRATION_HOME": str(tmp_path),
        "INTEGRATION_SYNTHETIC": "true",
        "INTEGRATION_PASSPHRASE": PASSPHRASE.decode(),
    }
    command = [sys.executable, "-m", "integration.encode_process", str(delivery)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["rows_ok"] == 3
    entry = ledger(tmp_path).entry(delivery)
    assert entry
    assert (entry.state, entry.facts["rows_ok"]) == ("encoded", 3)
    (log,) = (Zones(tmp_path).audit / "processing").glob("*.jsonl")
    told = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert [(line["event"], line["object"], line["outcome"]) for line in told] == [
        ("begun", f"delivery:{delivery}", None),
        ("ended", f"delivery:{delivery}", "encoded"),
    ]
    for arguments, code in (
        ([], "INPUT_INVALID"),
        (["x"], "DELIVERY_UNKNOWN"),
        ([f"{delivery}1"], "DELIVERY_UNKNOWN"),
    ):
        done = subprocess.run(
            [*command[:3], *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert done.stderr.startswith(code)


def test_the_process_starts_light(tmp_path: Path, delivery: DeliveryId) -> None:
    """What takes long to import stays out, and so does what could talk to anyone."""
    program = (
        "import sys; from integration import encode_process as p; p.stay_light()\n"
        "code = p.main(['x', '--job'])\n"
        "heavy = {'pandas', 'numpy', 'duckdb', 'great_expectations', 'airflow', 'typer', 'pydantic', 'sqlalchemy'}\n"
        "print(code, sorted(name for name in heavy if sys.modules.get(name)))"
    )
    content = pickle.dumps(job(tmp_path, delivery))
    done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "1 []"


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_the_process_leaves_no_core_and_lets_no_debugger_in() -> None:
    program = (
        "import resource, ctypes; from integration.encode_process import harden; harden()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0) 0"


def refused(work: EncodeJob) -> Reason:
    with pytest.raises(IntegrationError) as caught:
        run_job(work)
    assert isinstance(caught.value, KeyUnavailable) == caught.value.reason.startswith("KEY_")
    return caught.value.reason


def nothing_written(home: Path) -> bool:
    return not [path for path in Zones(home).staging.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), Reason.KEY_MISSING),
        (lambda path: path.write_text("{}"), Reason.KEY_MISSING),
        (
            lambda path: path.write_text(path.read_text().replace('"active"', '"destroyed"')),
            Reason.KEY_DESTROYED,
        ),
    ],
)
def test_without_a_key_nothing_is_written(
    tmp_path: Path, delivery: DeliveryId, change: Any, reason: Reason
) -> None:
    change(tmp_path / "keys" / "keyring.json")
    assert refused(job(tmp_path, delivery)) == reason
    assert nothing_written(tmp_path)


def test_with_a_wrong_passphrase_nothing_is_written(tmp_path: Path, delivery: DeliveryId) -> None:
    wrong = make_job(settings(tmp_path).model_copy(update={"passphrase": _secret("wrong")}), delivery)
    assert refused(wrong) == Reason.KEY_WRONG
    assert nothing_written(tmp_path)


def _secret(text: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(text)


@pytest.mark.parametrize("where", ["staging/GM0321/politie/other/encode.json", "warehouse/GM0321.json"])
def test_another_keyring_with_the_same_passphrase_is_a_wrong_key(
    tmp_path: Path, delivery: DeliveryId, where: str
) -> None:
    """Its pseudonyms would match nothing that this domain has."""
    known = tmp_path / where
    known.parent.mkdir(parents=True)
    known.write_text(json.dumps({"key_fingerprints": {"1": "0123456789abcdef"}}))
    assert refused(job(tmp_path, delivery)) == Reason.KEY_WRONG
    assert not Zones(tmp_path).staging_dir(delivery).exists()


def test_raw_files_that_were_changed_after_receipt_are_not_encoded(
    tmp_path: Path, delivery: DeliveryId
) -> None:
    payload = Zones(tmp_path).raw_dir(delivery) / "payload.csv"
    payload.write_bytes(payload.read_bytes().replace(b"Fedor", b"Fjodr"))
    assert refused(job(tmp_path, delivery)) == Reason.HASH_MISMATCH
    assert nothing_written(tmp_path)


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, delivery: DeliveryId) -> None:
    target = Zones(tmp_path).staging_dir(delivery)
    stale = target.parent / f".{target.name}.abc.partial"
    stale.mkdir(parents=True)
    (stale / "records.parquet").write_bytes(b"half")
    run_job(job(tmp_path, delivery))
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_an_unexpected_error_tells_where_and_no_value(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(work: EncodeJob) -> None:
        raise KeyError(CHILD["achternaam"])

    monkeypatch.setattr(encode_process, "harden", lambda: None)
    monkeypatch.setattr(encode_process, "encode", fail)
    monkeypatch.setattr(encode_process.pickle, "load", lambda stream: None)
    assert encode_process.main(["x", "--job"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("INTERNAL: KeyError")
    assert CHILD["achternaam"] not in told.err


def test_a_job_shows_no_passphrase_and_keeps_it_out_of_the_environment(
    tmp_path: Path, delivery: DeliveryId, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = job(tmp_path, delivery)
    assert PASSPHRASE.decode() not in repr(work)
    seen: dict[str, Any] = {}

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        seen.update(options, command=command)
        return subprocess.CompletedProcess(command, 2, b"", b"whatever it said")

    monkeypatch.setenv("INTEGRATION_PASSPHRASE", PASSPHRASE.decode())
    monkeypatch.setattr(subprocess, "run", run)
    assert refused(work) == Reason.INTERNAL
    assert "INTEGRATION_PASSPHRASE" not in seen["env"]
    assert PASSPHRASE.decode() not in " ".join(seen["command"])
