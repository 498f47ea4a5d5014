"""Planted values appear nowhere in what a check writes, logs, prints, warns or raises; and it calls nobody."""

from __future__ import annotations

import json
import logging
import socket
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.quality import rows, write_delivery
from integration.errors import DeclarationError
from integration.quality import check_deliveries, engine
from integration.storage import Zones, read_json

DELIVERY = "wijkteam.WT0321.GM0321.2026-W03.0001"
CANARY = "KANARIE_Q7Z"
DAY = date(2031, 8, 23)
MARKS = (CANARY, "2031-08-23", "2031, 8, 23", "20310823")

PLANTED: dict[str, Any] = {
    "record_key": CANARY,
    "aanmelder": CANARY,
    "kind_bsn_status": CANARY,
    "gezin_ref": CANARY,
    "leefgebieden": [CANARY],
    "aanmeld_datum": DAY,
    "contactmomenten": [DAY],
    "afsluit_datum": date(2026, 1, 2),
    "status_aanlevering": "3",
}


def everything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], *more: str
) -> str:
    written = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    logged = "".join(str(vars(record)) + str(record.exc_info) for record in caplog.records)
    return written + logged + "".join(capfd.readouterr()) + "".join(more)


def corrupt_text_for_dates(staging: Path) -> None:
    table = pq.read_table(staging / "records.parquet")
    place = table.schema.get_field_index("aanmeld_datum")
    texts = pa.array([CANARY, "2031-08-23"] + [None] * (len(table) - 2))
    pq.write_table(table.set_column(place, "aanmeld_datum", texts), staging / "records.parquet")


def corrupt_bytes(staging: Path) -> None:
    whole = (staging / "records.parquet").read_bytes()
    (staging / "records.parquet").write_bytes(whole[: len(whole) // 2] + CANARY.encode() + whole[-8:])


def corrupt_encode_json(staging: Path) -> None:
    (staging / "encode.json").write_text(json.dumps({"rows_in": CANARY}))


def nothing(_staging: Path) -> None:
    """Leave the delivery as it is: many of its checks fail."""


@pytest.mark.parametrize(
    ("damage", "outcome", "about"),
    [
        (nothing, "failed", "aanmeld_datum_na_periode_5"),
        (corrupt_text_for_dates, "failed", "aanmeld_datum_niet_te_oud"),
        (corrupt_bytes, "error", ""),
        (corrupt_encode_json, "error", ""),
    ],
)
def test_no_value_leaves_a_check(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    damage: Any,
    outcome: str,
    about: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    zones = Zones(tmp_path)
    staging = write_delivery(zones, DELIVERY, rows("wijkteam", 25, *[PLANTED] * 20))
    damage(staging)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        result = check_deliveries(zones, [DELIVERY])[0]
    (staging / "encode.json").unlink()
    assert result.outcome == outcome
    told = result.could_not_run if damage is corrupt_text_for_dates else result.critical_failed
    assert not about or about in told
    seen = everything(tmp_path, caplog, capfd, repr(result), *(str(w.message) for w in warned))
    assert not [mark for mark in MARKS if mark in seen]


def test_what_great_expectations_says_and_raises_stays_inside(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from great_expectations.validator import v1_validator

    def explode(*_args: Any, **_kwargs: Any) -> None:
        logging.getLogger("great_expectations.validator").critical("value %s", CANARY)
        warnings.warn(CANARY, stacklevel=1)
        raise ValueError(CANARY)

    caplog.set_level(logging.DEBUG)
    zones = Zones(tmp_path)
    write_delivery(zones, DELIVERY, rows("wijkteam", 3))
    monkeypatch.setattr(v1_validator.Validator, "validate_expectation_suite", explode)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert check_deliveries(zones, [DELIVERY])[0].outcome == "error"
    assert "ValueError" in caplog.text
    assert CANARY not in everything(tmp_path, caplog, capfd, *(str(w.message) for w in warned))


def test_a_refused_suite_repeats_no_argument(tmp_path: Path) -> None:
    suite = {
        "name": "wijkteam",
        "meta": {"version": "1", "nl": "a", "en": "b"},
        "expectations": [
            {
                "type": "expect_column_values_to_be_in_set",
                "severity": "info",
                "kwargs": {"column": "aanmelder", "value_set": [CANARY]},
                "meta": {"id": "proef", "nl": "a", "en": "b"},
            }
        ],
    }
    (tmp_path / "wijkteam.json").write_text(json.dumps(suite))
    with pytest.raises(DeclarationError) as refused:
        check_deliveries(Zones(tmp_path / "home"), [DELIVERY], expectations=tmp_path)
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_check_calls_nobody_and_writes_only_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("a check opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    engine._batch_definition.cache_clear()
    zones = Zones(tmp_path / "home")
    write_delivery(zones, DELIVERY, rows("wijkteam", 3))
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    check_deliveries(zones, [DELIVERY])
    assert [path.name for path in set(tmp_path.rglob("*")) - before if path.is_file()] == ["check.json"]


def test_nothing_is_printed_by_a_check(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    zones = Zones(tmp_path)
    staging = write_delivery(zones, DELIVERY, rows("wijkteam", 25))
    check_deliveries(zones, [DELIVERY])
    assert read_json(staging / "check.json")["outcome"] == "passed"
    assert "".join(capfd.readouterr()) == ""
