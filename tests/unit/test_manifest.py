"""Manifests: written and read back, and refused by the name of the key that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.deliveries import NOW, add_supplier, csv_bytes, full_row, manifest_for
from integration.deliveries.manifest import (
    make_manifest,
    manifest_path,
    parse_manifest,
    read_manifest,
    write_manifest,
)
from integration.errors import DeliveryRefused, UsageError
from integration.reasons import Reason


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    supplier = add_supplier(tmp_path)
    return manifest_for(csv_bytes([full_row(supplier.contract)], supplier), supplier)


def refused(content: Any) -> tuple[Reason, str | None]:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(DeliveryRefused) as caught:
        parse_manifest(text)
    return caught.value.reason, caught.value.field


def test_what_is_made_is_what_is_read(tmp_path: Path) -> None:
    supplier = add_supplier(tmp_path)
    payload = tmp_path / "data.csv"
    payload.write_bytes(csv_bytes([full_row(supplier.contract, n) for n in (1, 2)], supplier))
    made = make_manifest(
        payload,
        supplier,
        municipality="GM0321",
        period="2026-W04",
        sequence=4,
        created_at=NOW,
        mark="SYNTHETISCH",
    )
    assert write_manifest(made, payload) == manifest_path(payload)
    assert read_manifest(manifest_path(payload)) == made
    assert str(made.delivery_id) == "wijkteam.WT0321.GM0321.2026-W04.0004"
    assert (made.payload.rows, made.delivery_label) == (2, "L1")
    assert made.payload.bytes == payload.stat().st_size


def test_a_nil_return_is_made_on_purpose_only(tmp_path: Path) -> None:
    supplier = add_supplier(tmp_path)
    payload = tmp_path / "data.csv"
    payload.write_bytes(csv_bytes([], supplier))
    told: dict[str, Any] = {"municipality": "GM0321", "period": "2026-W04", "sequence": 1, "created_at": NOW}
    with pytest.raises(DeliveryRefused) as caught:
        make_manifest(payload, supplier, **told)
    assert caught.value.reason == Reason.HEADER_ONLY
    assert make_manifest(payload, supplier, nil_return=True, **told).payload.rows == 0
    payload.write_bytes(csv_bytes([full_row(supplier.contract)], supplier))
    with pytest.raises(UsageError):
        make_manifest(payload, supplier, nil_return=True, **told)
    with pytest.raises(UsageError):
        make_manifest(payload, supplier, **{**told, "period": "week 4"})


def test_the_example_is_read(content: dict[str, Any]) -> None:
    manifest = parse_manifest(json.dumps(content).encode())
    assert manifest.as_dict() == content


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "integration-manifest/3"),
        ("source", "Wijk Team"),
        ("supplier", "wt0321"),
        ("municipality", "0321"),
        ("period", "2026-W54"),
        ("sequence", 0),
        ("sequence", "4"),
        ("sequence", True),
        ("sequence", 1.0),
        ("delivery_label", ""),
        ("delivery_label", "a\nb"),
        ("nil_return", "false"),
        ("nil_return", True),
        ("created_at", "2026-01-27"),
        ("created_at", "yesterday"),
        ("mark", "GEHEIM"),
        ("payload.bytes", -1),
        ("payload.sha256", "abc"),
        ("payload.rows", None),
        ("payload.columns", []),
        ("payload.columns", [1]),
        ("contract.version", "newest"),
    ],
)
def test_a_wrong_key_is_named(content: dict[str, Any], key: str, value: Any) -> None:
    holder = content
    *outer, last = key.split(".")
    for name in outer:
        holder = holder[name]
    holder[last] = value
    assert refused(content) == (Reason.MANIFEST_INVALID, key)


@pytest.mark.parametrize("key", ["sequence", "payload", "contract", "period", "nil_return"])
def test_a_missing_key_is_named(content: dict[str, Any], key: str) -> None:
    del content[key]
    assert refused(content) == (Reason.MANIFEST_INVALID, key)


def test_an_undeclared_key_is_refused_without_repeating_it(content: dict[str, Any]) -> None:
    assert refused({**content, "Jansen": 1}) == (Reason.MANIFEST_INVALID, None)
    content["payload"]["Jansen"] = 1
    assert refused(content) == (Reason.MANIFEST_INVALID, "payload")


@pytest.mark.parametrize(
    "name",
    [
        "../data.csv",
        "/etc/passwd",
        "a/b.csv",
        "a\\b.csv",
        "..",
        "a..b.csv",
        ".hidden",
        "a\nb.csv",
        "a\0.csv",
        "~/x.csv",
    ],
)
def test_path_tricks(content: dict[str, Any], name: str) -> None:
    content["payload"]["file"] = name
    assert refused(content) == (Reason.PATH_UNSAFE, "payload.file")


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"null", b"1", b"\xff\xfe{\x00}\x00", b'{"sequence": NaN}', b'{"a": 1, "a": 1}',
        b"[" * 100_000, b'{"sequence": ' + b"9" * 5000 + b"}", b" " * 300_000,
    ],
)  # fmt: skip
def test_what_is_no_manifest(text: bytes) -> None:
    assert refused(text)[0] == Reason.MANIFEST_INVALID


def test_a_key_given_twice_is_refused(content: dict[str, Any]) -> None:
    """The second could undo what the first was checked for."""
    text = json.dumps(content)
    assert refused((text[:-1] + ', "sequence": 9}').encode())[0] == Reason.MANIFEST_INVALID


@given(st.binary(max_size=200))
def test_no_bytes_break_it(text: bytes) -> None:
    assert refused(text)[0] == Reason.MANIFEST_INVALID
