"""The reader: whatever is written comes back, and whatever is wrong has its own reason."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.deliveries import add_supplier, csv_bytes, full_row, plain_contract, plain_supplier
from integration.deliveries.read import FORMATS, Job, Limits, RawRow, RowReader, open_rows
from integration.errors import DeliveryRefused
from integration.reasons import Reason


def read(
    path: Path, content: bytes, *names: str, limits: Limits | None = None, **dialect: str
) -> list[list[str]]:
    path.write_bytes(content)
    with open_rows(
        path, plain_contract(*names), plain_supplier(**dialect), limits=limits, empty_allowed=True
    ) as rows:
        found = [list(row.values.values()) for row in rows]
        assert rows.totals == (len(content), hashlib.sha256(content).hexdigest(), len(found))
    return found


def refused(path: Path, content: bytes, *names: str, **options: Any) -> tuple[Reason, int | None]:
    with pytest.raises(DeliveryRefused) as caught:
        read(path, content, *names, **options)
    return caught.value.reason, caught.value.row


CELLS = st.text(alphabet=st.characters(codec="cp1252", exclude_characters="\0\r"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5),
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_what_is_read(
    tmp_path: Path, rows: list[list[str]], delimiter: str, end: str
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end)
    writer.writerows([["a", "b"], *rows])
    content = stream.getvalue().encode("cp1252")
    foreign = stream.getvalue().encode("utf-8")
    assert read(tmp_path / "x.csv", foreign, "a", "b", delimiter=delimiter, encoding="utf-8") == rows
    if not content.isascii() and _is_utf8(content):
        return  # by chance also UTF-8: refused on purpose, see below
    assert read(tmp_path / "x.csv", content, "a", "b", delimiter=delimiter, encoding="windows-1252") == rows


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_rows_are_numbered_from_the_first_data_row(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"b;a\n1;2\n3;4\n")
    with open_rows(path, plain_contract("a", "b"), plain_supplier()) as rows:
        assert rows.header == ("b", "a")
        assert list(rows) == [RawRow(1, {"b": "1", "a": "2"}), RawRow(2, {"b": "3", "a": "4"})]


def test_headers_and_codes_are_translated(tmp_path: Path) -> None:
    supplier = add_supplier(
        tmp_path,
        columns={"casus_ref": "Casusnummer"},
        codes={"kind_geslacht": {"V": "2"}, "leefgebieden": {"geld": "FINANCIEN", "huis": "WONEN"}},
    )
    path = tmp_path / "x.csv"
    row = full_row(supplier.contract, kind_geslacht="V", leefgebieden="geld, huis,WERK")
    path.write_bytes(csv_bytes([row], supplier))
    with open_rows(path, supplier.contract, supplier) as rows:
        assert "Casusnummer" in rows.header
        (found,) = rows
    assert found.values["kind_geslacht"] == "2"
    assert found.values["leefgebieden"] == "FINANCIEN,WONEN,WERK"
    assert found.values["casus_ref"] == row["casus_ref"]


@pytest.mark.parametrize(
    ("content", "reason", "row"),
    [
        (b"", Reason.EMPTY_FILE, None),
        (b"\xef\xbb\xbf", Reason.EMPTY_FILE, 0),
        (b"\n\n", Reason.HEADER_MISSING, None),
        (b"a;b", Reason.TRUNCATED, 0),
        (b"a;b\n1;2\n3;", Reason.TRUNCATED, 2),
        (b"a;b\n1;2\n3", Reason.TRUNCATED, 2),
        (b"a;b\n1;2;3\n", Reason.ROW_SHAPE, 1),
        (b"a;b\n1;2\n1\n", Reason.ROW_SHAPE, 2),
        (b"a;b\n1;2\n\n", Reason.ROW_SHAPE, 2),
        (b"a;b\n1;\r2\n", Reason.ROW_SHAPE, 1),
        (b'a;b\n"1;2\n3;4\n', Reason.QUOTES_UNBALANCED, 1),
        (b'a;b\n1;2\n"3"4;5\n', Reason.QUOTES_UNBALANCED, 2),
        (b"a,b\n1,2\n", Reason.WRONG_DELIMITER, None),
        (b"x;y\n1;2\n", Reason.HEADER_MISSING, None),
        (b"a;b;c\n1;2;3\n", Reason.COLUMN_UNDECLARED, None),
        (b"a\n1\n", Reason.COLUMN_MISSING, None),
        (b"a;b;a\n1;2;3\n", Reason.COLUMN_DUPLICATE, None),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Reason.NOT_TEXT, None),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", Reason.NOT_TEXT, None),
        (b"PK\x03\x04rest\n", Reason.ARCHIVE_REFUSED, None),
        (b"a;b\n1;\0\n", Reason.NOT_TEXT, 1),
        ("a;b\n1;2\n".encode("utf-16"), Reason.WRONG_ENCODING, None),
        ("a;b\n1;\xe9\n".encode("cp1252"), Reason.WRONG_ENCODING, 1),
    ],
)
def test_what_is_wrong_has_its_reason(
    tmp_path: Path, content: bytes, reason: Reason, row: int | None
) -> None:
    assert refused(tmp_path / "x.csv", content, "a", "b", encoding="utf-8") == (reason, row)


def test_utf8_that_was_agreed_to_be_something_else(tmp_path: Path) -> None:
    """Windows-1252 can decode it, into rubbish: every accented letter being UTF-8 gives it away."""
    content = "a;b\n1;é\n2;ë\n".encode()
    assert refused(tmp_path / "x.csv", content, "a", "b", encoding="windows-1252") == (
        Reason.WRONG_ENCODING,
        None,
    )
    mixed = content + "3;é\n".encode("cp1252")
    assert len(read(tmp_path / "x.csv", mixed, "a", "b", encoding="windows-1252")) == 3


def test_windows_1252_that_was_agreed_to_be_latin_1(tmp_path: Path) -> None:
    content = b"a;b\n1;\x80\n"
    assert refused(tmp_path / "x.csv", content, "a", "b", encoding="iso-8859-1") == (Reason.WRONG_ENCODING, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_dropped(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path / "x.csv", b"\xef\xbb\xbfa;b\n1;2\n", "a", "b", encoding=encoding) == [["1", "2"]]
    assert refused(tmp_path / "x.csv", b"\xef\xbb\xbfa;b\n1;2\n", "a", "b", encoding="windows-1252")[0] == (
        Reason.WRONG_ENCODING
    )


def test_bounds_hold_for_lines_records_fields_and_files(tmp_path: Path) -> None:
    path, small = tmp_path / "x.csv", Limits(payload_bytes=4000, line_bytes=100)
    head = b"a;b\n1;2\n"
    assert refused(path, head + b"x" * 101 + b";1\n", "a", "b", limits=small) == (Reason.LINE_TOO_LONG, 2)
    many_lines = b'"' + b"x\n" * 60 + b'";1\n'
    assert refused(path, head + many_lines, "a", "b", limits=small) == (Reason.LINE_TOO_LONG, 2)
    assert refused(path, head + b"x" * 200_000 + b";1\n", "a", "b") == (Reason.LINE_TOO_LONG, 2)
    assert refused(path, head * 600, "a", "b", limits=small) == (Reason.PAYLOAD_TOO_LARGE, None)


def test_only_a_regular_file_is_opened(tmp_path: Path) -> None:
    import os

    contract, supplier = plain_contract("a"), plain_supplier()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    (tmp_path / "real.csv").write_bytes(b"a\n1\n")
    os.mkfifo(tmp_path / "pipe.csv")
    for name, reason in {
        "folder.csv": Reason.NOT_A_FILE,
        "link.csv": Reason.NOT_A_FILE,
        "pipe.csv": Reason.NOT_A_FILE,
        "absent.csv": Reason.PAYLOAD_MISSING,
        "data.xlsx": Reason.FORMAT_UNKNOWN,
        "data.duckdb": Reason.DATABASE_FILE,
    }.items():
        with pytest.raises(DeliveryRefused) as caught, open_rows(tmp_path / name, contract, supplier):
            pass
        assert caught.value.reason == reason


def test_another_format_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lines:
        header = ("a",)
        totals = (0, "", 0)

        def __init__(self, job: Job) -> None:
            self._stream = job.stream

        def __iter__(self) -> Any:
            return (RawRow(n, {"a": line.decode().strip()}) for n, line in enumerate(self._stream, 1))

    def make(job: Job) -> RowReader:
        return Lines(job)  # type: ignore[return-value]

    monkeypatch.setitem(FORMATS, ".lines", make)
    (tmp_path / "x.lines").write_bytes(b"one\ntwo\n")
    with open_rows(tmp_path / "x.lines", plain_contract("a"), plain_supplier()) as rows:
        assert [row.values["a"] for row in rows] == ["one", "two"]


SPECTRUM = [
    "comma_in_quotes",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
]


@pytest.mark.parametrize("name", [*SPECTRUM, "simple_crlf", "utf8", "empty", "empty_crlf"])
def test_csv_spectrum(tmp_path: Path, shared_data: Path, name: str) -> None:
    folder = shared_data / "dirty-inputs" / "csv-spectrum"
    content = (folder / f"{name}.csv").read_bytes()
    expected = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    if not content.endswith(b"\n"):
        content += b"\n"
    found = read(tmp_path / "x.csv", content, *expected[0], delimiter=",", encoding="utf-8")
    normal = [[text.replace("\r\n", "\n") for text in row] for row in found]
    assert normal == [[str(text).replace("\r\n", "\n") for text in row.values()] for row in expected]


def test_naughty_strings_pass_as_they_are_or_are_refused(tmp_path: Path, shared_data: Path) -> None:
    """None of them breaks the reader, and none changes on the way."""
    strings = json.loads((shared_data / "dirty-inputs" / "blns.json").read_text(encoding="utf-8"))
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";").writerows([["a", "b"], *([text, "x"] for text in strings)])
    found = read(tmp_path / "x.csv", stream.getvalue().encode("utf-8"), "a", "b", encoding="utf-8")
    assert [row[0] for row in found] == strings


def test_a_dtd_never_reaches_an_xml_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an XML format is added: plain XML comes to its reader from the first byte, one with a DTD does not."""
    seen: list[bytes] = []

    def make(job: Job) -> RowReader:
        seen.append(job.stream.read())
        return None  # type: ignore[return-value]

    monkeypatch.setitem(FORMATS, ".xml", make)
    contract, supplier = plain_contract("a"), plain_supplier()
    plain = b'<?xml version="1.0"?><a>\xc3\xa9</a>'
    (tmp_path / "plain.xml").write_bytes(plain)
    with open_rows(tmp_path / "plain.xml", contract, supplier):
        assert seen == [plain]
    late = b"<?xml version='1.0'?><!-- " + b"x" * 500_000 + b"--><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"
    for content in (late, late.decode().encode("utf-16-be"), b"\xef\xbb\xbf\n" + late):
        (tmp_path / "dtd.xml").write_bytes(content)
        with pytest.raises(DeliveryRefused) as caught, open_rows(tmp_path / "dtd.xml", contract, supplier):
            pass
        assert caught.value.reason == Reason.XML_DTD
    assert len(seen) == 1


@pytest.mark.parametrize("pack", ["gzip", "bz2", "lzma"])
def test_what_is_packed_is_told_by_its_bytes(tmp_path: Path, pack: str) -> None:
    import importlib

    content = importlib.import_module(pack).compress(b"a;b\n1;2\n")
    assert refused(tmp_path / "data.csv", content, "a", "b") == (Reason.ARCHIVE_REFUSED, None)


def test_text_that_looks_like_something_else_is_text(tmp_path: Path) -> None:
    for header in ("BZh9;b", "abcdefgh;DUCK", "SQLite format;b", "PK;b", "Rar;b"):
        path = tmp_path / "data.csv"
        path.write_bytes(f"{header}\n1;2\n".encode())
        with open_rows(path, plain_contract(*header.split(";")), plain_supplier()) as reader:
            assert len(list(reader)) == 1
