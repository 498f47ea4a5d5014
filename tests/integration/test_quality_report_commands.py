"""``integration check`` and ``quality report | rows | redelivery``: exit codes, JSON, what is written and shown."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import add_supplier, csv_bytes, full_row, ledger, put
from helpers.deliveries import settings as chosen
from helpers.encoding import encode_now, make_keys
from helpers.pre_encoded import receive
from integration.deliveries.quarantine import quarantined
from integration.quality import check_deliveries
from integration.storage import Zones

# What is planted in the files below; only the person's own numbers, names and days.
CANARIES = (
    "999900006",
    "123456782",
    "Zjoske",
    "Kanariewal",
    "Quetzalcoatl",
    "04-03-2015",
    "2015-03-04",
    "1984",
    "3991",
)


def run(where: Path, *words: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a folder, without an installation unless one is named."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("INTEGRATION_")}
    env |= {"HOME": str(where / "own"), "TMPDIR": str(where / "own")}
    if home is not None:
        env |= {"INTEGRATION_HOME": str(home)}
    (where / "own").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "integration.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=where, check=False)


def no_canary(*texts: str) -> None:
    for text in texts:
        assert [canary for canary in CANARIES if canary in text] == []


def everything(folder: Path) -> str:
    """All that was written into a folder, as text."""
    return "".join(
        path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source's own machine: a supplier file and nothing else."""
    folder = tmp_path / "source"
    folder.mkdir()
    add_supplier(tmp_path)
    (tmp_path / "suppliers" / "WT0321.yml").rename(folder / "WT0321.yml")
    return folder


def written(folder: Path, tmp_path: Path, *changes: dict[str, str], spoil: Any = None) -> Path:
    supplier = add_supplier(tmp_path / "elsewhere")
    rows = [full_row(supplier.contract, n, **change) for n, change in enumerate(changes, 1)]
    content = csv_bytes(rows, supplier)
    (folder / "week.csv").write_bytes(spoil(content) if spoil else content)
    return folder / "week.csv"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_good_file_is_fine_and_nothing_is_written(source: Path, tmp_path: Path) -> None:
    written(source, tmp_path, {}, {})
    before = files(source)
    done = run(source, "check", "week.csv", "--supplier", "WT0321.yml", "--source", "wijkteam")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Periode 2026-W04 (geschat)" in done.stdout
    assert "Niets gevonden" in done.stdout
    assert files(source) == before
    no_canary(done.stdout)


ODD = (
    {},
    {"kind_bsn": "123456782", "kind_achternaam": "Quetzalcoatl", "aanmelder": "Quetzalcoatl"},
    {"kind_geboortedatum": "99-03-1984", "voorwaarden_versie": "123456782"},
    {"gezin_ref": "Quetzalcoatl", "regisseur_toegewezen_datum": "Quetzalcoatl"},
)


def test_findings_are_told_written_and_reported_without_a_value(source: Path, tmp_path: Path) -> None:
    written(source, tmp_path, *ODD)
    words = (
        "check",
        "week.csv",
        "--source",
        "wijkteam",
        "--findings",
        "uit/f.csv",
        "--report",
        "uit",
        "--json",
    )
    done = run(source, *words)
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert (told["usable"], told["passed"], told["rows_in"], told["rows_refused"]) == (True, False, 4, 2)
    assert told["basis"] == {"supplier": "guessed", "municipality": "file", "period": "guessed"}
    found = {(one["row_number"], one["field"], one["reason"], one["effect"]) for one in told["findings"]}
    assert (2, "aanmelder", "CODE_UNKNOWN", "row_refused") in found
    assert (4, "regisseur_toegewezen_datum", "DATE_INVALID", "field_nulled") in found
    listed = (source / "uit" / "f.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(listed), delimiter=";"))
    assert {(int(r["regel"]), r["veld"], r["reden"]) for r in rows} == {one[:3] for one in found}
    assert len(files(source / "uit")) == 5
    shown = run(source, *words[:-1])
    assert shown.returncode == 1
    no_canary(done.stdout, shown.stdout, shown.stderr, everything(source / "uit"))


BROKEN = {
    "cut off": (lambda content: content[:-9], "TRUNCATED"),
    "no text": (lambda content: b"\x89PNG" + content, "NOT_TEXT"),
    "an archive": (lambda content: b"PK\x03\x04" + content, "ARCHIVE_REFUSED"),
    "no header": (lambda content: content.split(b"\r\n", 1)[1], "HEADER_MISSING"),
    "another delimiter": (lambda content: content.replace(b";", b"|"), "WRONG_DELIMITER"),
    "a name as header": (lambda content: content.replace(b"kind_voornaam", b"Kind: Zjoske."), "COLUMN"),
    "an open quote": (lambda content: content.replace(b"Zjoske", b'"Zjoske"Kanariewal'), "QUOTES_UNBALANCED"),
}


@pytest.mark.parametrize("wrong", list(BROKEN))
def test_a_file_that_cannot_be_used_is_told_by_reason(source: Path, tmp_path: Path, wrong: str) -> None:
    spoil, reason = BROKEN[wrong]
    written(source, tmp_path, {}, {}, spoil=spoil)
    guesses = (
        () if wrong == "another delimiter" else (("--source", "wijkteam"), ())
    )  # that one is guessed right
    for words in (("--supplier", "WT0321.yml"), *guesses):
        done = run(source, "check", "week.csv", "--findings", "uit/f.csv", *words)
        assert done.returncode == 2, done
        if "--supplier" in words:
            assert reason in done.stdout
        assert "Traceback" not in done.stderr
        no_canary(done.stdout, done.stderr, everything(source / "uit") if (source / "uit").exists() else "")


@pytest.mark.parametrize(
    "words",
    [
        ("nergens.csv", "--source", "wijkteam"),
        ("nergens.csv", "--supplier", "WT0321.yml"),
        ("week.csv", "--supplier", "NERGENS"),
        ("week.csv", "--supplier", "nergens.yml"),
        ("week.csv", "--source", "nergens"),
    ],
)
def test_mistakes_are_named(source: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    written(source, tmp_path, {})
    done = run(source, "check", *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr or "PAYLOAD_MISSING" in done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation with a delivery that is checked and one that is refused."""
    home = tmp_path / "home"
    make_keys(home)
    supplier = add_supplier(home)
    rows = [full_row(supplier.contract, n, **change) for n, change in enumerate(ODD, 1)]
    put(home, supplier, rows)
    put(home, supplier, csv_bytes(rows, supplier)[:-9], name="kanariewal.csv", sequence=2)
    receive(home)
    (entry,) = ledger(home).entries()
    facts = encode_now(chosen(home), entry.delivery)
    ledger(home).append(entry.delivery, "encoded", at=chosen(home).now(), facts=facts)
    check_deliveries(Zones(home), [entry.subject])
    (home / "integration.toml").write_text(
        'synthetic = true\nfixed_clock = "2026-02-16T06:00:00+01:00"\n', encoding="utf-8"
    )
    return home


DELIVERY = "wijkteam.WT0321.GM0321.2026-W04.0001"


def looks(home: Path) -> list[tuple[str, str, str]]:
    lines = "".join(path.read_text() for path in sorted((home / "audit" / "access").glob("*.jsonl")))
    found = [json.loads(line) for line in lines.splitlines()]
    return [(line["action"], line["object"], line["purpose"]) for line in found]


def test_reports_rows_and_message_of_a_delivery(home: Path, tmp_path: Path) -> None:
    made = run(tmp_path, "quality", "report", DELIVERY, home=home)
    assert (made.returncode, made.stderr) == (0, "")
    folder = home / "reports" / DELIVERY
    assert {path.name for path in folder.iterdir()} == {
        "spiegelrapport.html", "spiegelrapport.csv", "kwaliteitsrapport.html", "kwaliteitsrapport.csv",
    }  # fmt: skip
    assert all("SYNTHETISCH" in path.read_text() for path in folder.glob("*.html"))
    rows = run(tmp_path, "quality", "rows", DELIVERY, "--json", home=home)
    assert {(one["row"], one["reason"]) for one in json.loads(rows.stdout)} >= {(2, "CODE_UNKNOWN")}
    listed = run(tmp_path, "quality", "rows", DELIVERY, "--csv", str(tmp_path / "rows.csv"), home=home)
    lines = (tmp_path / "rows.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + len(json.loads(rows.stdout))
    asked = run(tmp_path, "quality", "redelivery", DELIVERY, "--by", "2026-03-02", home=home)
    assert "Aan: levering@voorbeeld.example" in asked.stdout
    assert "uiterlijk 2 maart 2026" in asked.stdout
    assert "volgnummer 2 of hoger" in asked.stdout
    assert looks(home) == [
        (f"quality.{action}", f"delivery:{DELIVERY}", "stewardship")
        for action in ("report", "rows", "rows", "redelivery")
    ]
    texts = (made.stdout, rows.stdout, listed.stdout, asked.stdout, "\n".join(lines), everything(folder))
    no_canary(*texts)


def test_the_message_about_a_refused_delivery(home: Path, tmp_path: Path) -> None:
    (item,) = quarantined(Zones(home))
    out = tmp_path / "bericht.txt"
    done = run(tmp_path, "quality", "redelivery", item.quarantine_id, "--out", str(out), home=home)
    assert done.returncode == 0, done.stderr
    text = out.read_text(encoding="utf-8")
    assert "(TRUNCATED)" in text
    assert "volgnummer 2." in text
    assert "Regel: 4 (" in text
    assert "kanariewal" not in text
    assert looks(home) == [("quality.redelivery", f"quarantine:{item.quarantine_id}", "stewardship")]
    no_canary(text, done.stdout)


def test_of_a_purged_delivery_only_a_redelivery_helps(home: Path, tmp_path: Path) -> None:
    import shutil

    shutil.rmtree(home / "staging")
    for command in ("report", "rows"):
        done = run(tmp_path, "quality", command, DELIVERY, home=home)
        assert done.returncode == 2
        assert "DELIVERY_PURGED" in done.stderr
        assert "only a redelivery helps" in done.stderr
    asked = run(tmp_path, "quality", "redelivery", DELIVERY, home=home)
    assert asked.returncode == 0, asked.stderr
    assert "Aangeleverde regels: 4. Bruikbaar: 2. Geweigerd: 2." in asked.stdout
    assert "alleen een herlevering helpt" in asked.stdout
    assert looks(home)[-1] == ("quality.redelivery", f"delivery:{DELIVERY}", "stewardship")
    unknown = run(tmp_path, "quality", "rows", "Q-WT0321-0000000000", home=home)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "DELIVERY_UNKNOWN" in unknown.stderr
