"""What would a new supplier's file become? Reads a file, guesses what is not told, and judges every column.

Counts and reason codes only: no value of the file is shown, and no key is needed.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from integration.contracts import Contract, Field, Supplier, contract_ids, load_contract, read_supplier
from integration.contracts.dialect import DELIMITERS, LIST_SEPARATORS, Dialect
from integration.errors import UsageError
from integration.names import InvalidName, SupplierCode
from integration.names import supplier as supplier_code
from integration.pseudonyms.fields import judge_for
from integration.reasons import Reason

DATE_FORMATS = ("dd-mm-yyyy", "yyyy-mm-dd", "d-m-yyyy", "dd/mm/yyyy", "d/m/yyyy", "yyyymmdd", "ddmmyyyy")
_SAMPLE_ROWS = 100_000
_ALIKE = 0.75


@dataclass(frozen=True)
class ColumnTrial:
    """One contract column: the file's header for it, how many rows are filled and usable, and what was odd."""

    name: str
    label: str
    header: str | None
    required: bool
    filled: int
    usable: int
    reasons: dict[str, int]


@dataclass(frozen=True)
class Trial:
    """A file seen as a delivery of ``source``: dialect, columns, what is missing or extra, rows refused."""

    source: str
    version: str
    org: str | None
    dialect: Dialect
    rows: int
    rows_refused: int
    columns: tuple[ColumnTrial, ...]
    missing: tuple[str, ...]
    undeclared: tuple[str, ...]
    heads: tuple[str, ...] = field(
        default=(
            "kolom",
            "betekenis",
            "kop in het bestand",
            "verplicht",
            "gevuld",
            "bruikbaar",
            "opmerkingen",
        ),
        repr=False,
    )

    @property
    def findings(self) -> bool:
        """Whether the file as it stands would be refused, or lose rows or fields."""
        return bool(
            self.missing or self.undeclared or self.rows_refused or any(c.reasons for c in self.columns)
        )

    def lines(self) -> list[tuple[Any, ...]]:
        """A table line per column, in Dutch."""
        return [
            (
                column.name,
                column.label,
                column.header or "ontbreekt",
                "ja" if column.required else "",
                column.filled,
                column.usable,
                ", ".join(f"{n}x {Reason[code].nl}" for code, n in column.reasons.items()),
            )
            for column in self.columns
        ]

    def summary(self) -> str:
        """What would become of the file, in a few Dutch lines."""
        parts = [
            f"{self.rows} regels; {self.rows_refused} zouden worden geweigerd",
            f"scheidingsteken {self.dialect.delimiter!r}, codering {self.dialect.encoding}",
            f"datums als {self.dialect.date_format}",
        ]
        if self.missing:
            parts.append(f"ontbrekende kolommen: {', '.join(self.missing)}")
        if self.undeclared:
            parts.append(f"kolommen die niet in de afspraak staan: {', '.join(self.undeclared)}")
        return "\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """The trial as plain data."""
        content = vars(self) | {
            "dialect": self.dialect.model_dump(),
            "columns": [vars(c) for c in self.columns],
        }
        return {name: value for name, value in content.items() if name != "heads"} | {
            "findings": self.findings
        }


def try_file(path: Path, *, source: str | None = None, supplier_file: Path | None = None) -> Trial:
    """Judge a file against its supplier file, or against the contract that its header fits best.

    Raises :class:`UsageError` (INPUT_INVALID) when it is no readable text file or fits no contract.
    """
    supplier = read_supplier(supplier_file) if supplier_file else None
    encoding = supplier.dialect.encoding if supplier else _guess_encoding(path)
    delimiter = supplier.dialect.delimiter if supplier else _guess_delimiter(path, encoding)
    header, rows = _read(path, encoding, delimiter)
    contract = _contract(header, source, supplier)
    mapping = _mapping(contract, header, supplier)
    columns = {name: [row[header.index(head)] for row in rows] for name, head in mapping.items()}
    dialect = supplier.dialect if supplier else _guess_dialect(contract, columns, encoding, delimiter)
    return _judge(path, contract, supplier, dialect, header, mapping, columns, len(rows))


def _judge(
    path: Path,
    contract: Contract,
    supplier: Supplier | None,
    dialect: Dialect,
    header: list[str],
    mapping: dict[str, str],
    columns: dict[str, list[str]],
    rows: int,
) -> Trial:
    refused: set[int] = set()
    trials = []
    for item in contract.fields:
        codes = supplier.codes.get(item.name, {}) if supplier else {}
        texts = [codes.get(text.strip(), text) for text in columns.get(item.name, [])]
        trials.append(_column(item, mapping.get(item.name), texts, dialect, refused))
    return Trial(
        source=contract.id,
        version=contract.version,
        org=_org(path, supplier),
        dialect=dialect,
        rows=rows,
        rows_refused=len(refused),
        columns=tuple(trials),
        missing=tuple(name for name in contract.names if name not in mapping),
        undeclared=tuple(head for head in header if head not in mapping.values()),
    )


def _column(
    item: Field, head: str | None, texts: list[str], dialect: Dialect, refused: set[int]
) -> ColumnTrial:
    judge = judge_for(item, dialect)
    verdicts = [judge(text) for text in texts]
    usable = sum(verdict.value is not None for verdict in verdicts)
    reasons: Counter[str] = Counter()
    for number, verdict in enumerate(verdicts):
        reason = verdict.reason or (
            Reason.REQUIRED_MISSING if item.required and verdict.value is None else None
        )
        if reason:
            reasons[reason.value] += 1
            refused |= {number} if item.required and verdict.value is None else set()
    filled = sum(bool(text.strip()) for text in texts)
    return ColumnTrial(
        item.name, item.label_nl, head, item.required, filled, usable, dict(sorted(reasons.items()))
    )


def _read(path: Path, encoding: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding=encoding, newline="") as stream:
            lines: Iterator[list[str]] = csv.reader(stream, delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(lines)]
            rows = [row for row in islice(lines, _SAMPLE_ROWS) if len(row) == len(header)]
    except (OSError, UnicodeError, csv.Error, StopIteration):
        raise UsageError(Reason.INPUT_INVALID, "no readable text with columns", file=path.name) from None
    return header, rows


def _guess_encoding(path: Path) -> str:
    try:
        head = path.read_bytes()[: 4 * 1024 * 1024]
    except OSError:
        raise UsageError(Reason.INPUT_INVALID, "not a readable file", file=path.name) from None
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _guess_delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, errors="replace") as stream:
        first = stream.readline(64 * 1024)
    return max(DELIMITERS, key=first.count)


def _contract(header: list[str], source: str | None, supplier: Supplier | None) -> Contract:
    if supplier:
        return supplier.contract
    if source is not None:
        if source not in contract_ids():
            raise UsageError(Reason.INPUT_INVALID, f"source must be one of {', '.join(contract_ids())}")
        return load_contract(source)
    fits = {name: len(_mapping(load_contract(name), header, None)) for name in contract_ids()}
    best = max(fits, key=lambda name: fits[name] / len(load_contract(name).names))
    if 2 * fits[best] < len(load_contract(best).names):
        raise UsageError(Reason.INPUT_INVALID, "the header fits no contract; name its source with --source")
    return load_contract(best)


def _mapping(contract: Contract, header: list[str], supplier: Supplier | None) -> dict[str, str]:
    """Contract column to the file's header: as agreed, else by likeness of names."""
    if supplier:
        return {name: head for name, head in contract.headers(supplier).items() if head in header}
    plain = {_plain(head): head for head in header}
    mapping = {name: plain[_plain(name)] for name in contract.names if _plain(name) in plain}
    left = {text: head for text, head in plain.items() if head not in mapping.values()}
    for name in contract.names:
        close = get_close_matches(_plain(name), left, n=1, cutoff=_ALIKE) if name not in mapping else []
        if close:
            mapping[name] = left.pop(close[0])
    return mapping


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _guess_dialect(
    contract: Contract, columns: dict[str, list[str]], encoding: str, delimiter: str
) -> Dialect:
    days = [
        text for f in contract.fields if f.type == "date" for text in columns.get(f.name, []) if text.strip()
    ]
    made = [
        Dialect(delimiter=delimiter, encoding=encoding, date_format=form, list_separator=_other(delimiter))
        for form in DATE_FORMATS
    ]
    best = max(
        made, key=lambda dialect: sum(dialect.parse_date(text.strip()) is not None for text in days[:2000])
    )
    lists = [
        text for f in contract.fields if f.type in {"codes", "dates"} for text in columns.get(f.name, [])
    ]
    found = Counter(sign for text in lists for sign in LIST_SEPARATORS if sign in text and sign != delimiter)
    return best.model_copy(update={"list_separator": found.most_common(1)[0][0]}) if found else best


def _other(delimiter: str) -> str:
    return next(sign for sign in LIST_SEPARATORS if sign != delimiter)


def _org(path: Path, supplier: Supplier | None) -> str | None:
    if supplier:
        return supplier.code
    try:
        return supplier_code(SupplierCode(path.parent.name))
    except InvalidName:
        return None


def draft(trial: Trial) -> str:
    """A supplier file to start from, as YAML; what cannot be known is left to fill in."""
    renamed: Iterable[ColumnTrial] = (c for c in trial.columns if c.header and c.header != c.name)
    content = {
        "code": trial.org or "ORG0000",
        "name": "naam van de organisatie",
        "source": trial.source,
        "contract_version": trial.version,
        "municipalities": ["GM0000"],
        "dialect": trial.dialect.model_dump(),
        "columns": {column.name: column.header for column in renamed},
        "codes": {
            c.name: {"code van de leverancier": "code van het contract"}
            for c in trial.columns
            if "CODE_UNKNOWN" in c.reasons
        },
        "calendar": {
            "frequency": load_contract(trial.source).schedule.frequency,
            "due_days": load_contract(trial.source).schedule.due_days,
            "since": date(2026, 1, 1),
        },
        "contacts": [{"role": "delivery", "email": "levering@example.org"}],
    }
    return yaml.safe_dump({k: v for k, v in content.items() if v}, sort_keys=False, allow_unicode=True)
