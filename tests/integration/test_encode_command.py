"""At the command line: a keeper, a source that encodes and seals, a receiver that takes it in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.deliveries import add_supplier, csv_bytes, full_row
from integration.attacks.search import hits
from integration.deliveries.manifest import read_manifest

SECRETS = {
    "INTEGRATION_KEEPER_PASSPHRASE": "the keeper's",
    "INTEGRATION_FIRST_PASS_PASSPHRASE": "the school's",
    "INTEGRATION_PASSPHRASE": "the source's own",
}
NAMES = {
    "kind_bsn": "999911120", "kind_voornaam": "Wobbeltje", "kind_achternaam": "Zwammerdamshoek",
    "ouder1_bsn": "999922231", "ouder1_achternaam": "Ypeburgstein", "record_id": "REC-ZWAMMERDAM",
    "postcode": "3995ZQ", "huisnummer": "48213", "kind_geboortedatum": "09-11-2013",
}  # fmt: skip


def integration(
    home: Path, *words: object, secrets: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    environment = {n: v for n, v in os.environ.items() if not n.startswith("INTEGRATION_")}
    environment |= {"INTEGRATION_HOME": str(home)} | {name: SECRETS[name] for name in secrets}
    return subprocess.run(
        [sys.executable, "-m", "integration.cli", *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A school's own folder: an extract, its supplier file, its key."""
    supplier = add_supplier(tmp_path / "home", source="onderwijs")
    folder = tmp_path / "source"
    folder.mkdir()
    contract = supplier.contract
    names = {name: value for name, value in NAMES.items() if name in contract}
    (folder / "week4.csv").write_bytes(csv_bytes([full_row(contract, 1, **names)], supplier))
    (tmp_path / "home/suppliers/WT0321.yml").rename(folder / "WT0321.yml")
    keeper = tmp_path / "keeper"
    done = integration(folder, "keys", "keeper", "init", "--keeper", keeper, secrets=(KEEPER,))
    assert done.returncode == 0, done.stderr
    done = integration(
        folder, "keys", "hand-out", "--keeper", keeper, "--domain", "GM0321", "--to", folder / "key.json", "--json",
        secrets=(KEEPER, SCHOOL),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["version"] == 1
    return folder


KEEPER, SCHOOL, OWN = SECRETS
PLACE = ("--municipality", "GM0321", "--period", "2026-W04", "--sequence", 1)


def encode(
    source: Path, *more: object, secrets: tuple[str, ...] = (SCHOOL,)
) -> subprocess.CompletedProcess[str]:
    words = (
        "encode",
        source / "week4.csv",
        "--supplier",
        source / "WT0321.yml",
        "--key",
        source / "key.json",
    )
    return integration(source, *words, *PLACE, "--out", source / "out", *more, secrets=secrets)


def test_no_identifier_is_in_what_leaves(source: Path) -> None:
    done = encode(source, "--json")
    assert (done.returncode, done.stderr) == (1, ""), "one number is none: findings"
    told = json.loads(done.stdout)
    assert (told["rows_in"], told["rows_refused"]) == (1, 0)
    made = read_manifest(Path(told["manifest"]))
    assert made.payload.rows == 1
    forms = {*NAMES.values(), "2013-11-09", "20131109", "zwammerdamshoek"}
    assert hits(source / "out", forms) == {}
    assert not [form for form in forms if form in done.stdout]
    assert hits(source, forms, leave_out=("out",)), "the search itself must find what lies beside it"
    assert sorted(path.name for path in (source / "out").iterdir()) == [
        "week4.encoded.parquet", "week4.encoded.parquet.manifest.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("secrets", "code"),
    [((), "KEY_MISSING"), ((OWN,), "KEY_MISSING")],
)
def test_without_the_keys_passphrase_nothing_is_written(
    source: Path, secrets: tuple[str, ...], code: str
) -> None:
    done = encode(source, secrets=secrets)
    assert done.returncode == 2
    assert done.stderr.startswith(code)
    assert not (source / "out").exists()


def test_what_was_encoded_can_be_sealed_and_checked(source: Path) -> None:
    from integration.deliveries.seal_keys import RECEIVER_FILE, receiver_public

    encode(source)
    for command in ("signer", "receiver"):
        assert integration(source, "keys", command, secrets=(OWN,)).returncode == 0
    payload = source / "out/week4.encoded.parquet"
    recipient = receiver_public(source / "keys" / RECEIVER_FILE)
    words = ("seal", payload, "--supplier", source / "WT0321.yml", "--recipient", recipient, *PLACE)
    done = integration(source, *words, "--json", secrets=(OWN,))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert read_manifest(Path(told["manifest"])).payload.made_with is not None
    (source / "keys/first-pass").mkdir()
    (source / "key.public.json").rename(source / "keys/first-pass/GM0321.public.json")
    words = ("open-check", told["envelope"], told["manifest"], "--supplier", source / "WT0321.yml", "--json")
    done = integration(source, *words, secrets=(OWN,))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line["verdict"] for line in json.loads(done.stdout)][-1] == "klopt"
