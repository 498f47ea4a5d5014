"""A data set to evaluate linkage on, as a TOML file names it (docs/reference/linkage-dataset.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from integration.errors import UsageError
from integration.reasons import Reason

TASKS = ("dedupe", "link", "link_and_dedupe")
FIELDS = (
    "given_names",
    "surname",
    "birth_date",
    "birth_year",
    "birth_month",
    "birth_day",
    "sex",
    "postcode",
    "house",
    "place",
    "number",
    "phone",
    "email",
)
"""What a column can be; any may be missing. ``extra`` names further columns, compared for equality."""
ALIASES = {
    "given_name": "given_names",
    "first_name": "given_names",
    "first_names": "given_names",
    "last_name": "surname",
    "family_name": "surname",
    "date_of_birth": "birth_date",
    "dob": "birth_date",
    "year": "birth_year",
    "month": "birth_month",
    "day": "birth_day",
    "year_of_birth": "birth_year",
    "month_of_birth": "birth_month",
    "day_of_birth": "birth_day",
    "gender": "sex",
    "postal_code": "postcode",
    "zip": "postcode",
    "address": "house",
    "street": "house",
    "house_number": "house",
    "city": "place",
    "national_number": "number",
    "bsn": "number",
    "telephone": "phone",
}
SHIPPED = Path(__file__).parent / "datasets"


@dataclass(frozen=True)
class Column:
    """Where a field comes from: columns (joined by a space), and how a birth date is written (strptime)."""

    names: tuple[str, ...]
    format: str | None = None


@dataclass(frozen=True)
class File:
    """One file and how to read it; ``source`` names it in the results."""

    path: Path
    source: str
    fields: Mapping[str, Column]
    extra: tuple[str, ...] = ()
    id: str | None = None
    truth: str | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"
    format: str = "csv"


@dataclass(frozen=True)
class Pairs:
    """A file of true pairs by record id; with ``score`` only rows whose value is at least ``minimum``."""

    path: Path
    left: str
    right: str
    score: str | None = None
    minimum: float = 0.5
    delimiter: str | None = None


@dataclass(frozen=True)
class Dataset:
    """Files, their fields, whether to dedupe or link, and what is true.

    ``number``: how the national number is checked: ``bsn`` (the 11-test), ``any``, or ``auto`` (bsn when nine in
    ten values pass). ``vetoes`` names the model's vetoes that hold; None: all when the numbers are checked ones,
    else none.
    """

    name: str
    task: str
    files: tuple[File, ...]
    pattern: str | None = None
    pairs: Pairs | None = None
    number: str = "auto"
    earliest: date = date(1, 1, 1)
    vetoes: tuple[str, ...] | None = None
    notes: list[str] = field(default_factory=list)


def shipped() -> list[str]:
    """The names of the data sets that are described here (their files are not)."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_dataset(where: str | Path, data: Path | None = None) -> Dataset:
    """Read a TOML (a path, or the name of a shipped one); relative paths start at ``data`` or else beside it.

    Raises :class:`UsageError` (LINK_DATASET_INVALID) naming the file, the field and what is wrong.
    """
    path = Path(where)
    if not path.is_file() and str(where) in shipped():
        path = SHIPPED / f"{where}.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise _refused(path.name, "there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refused(path.name, f"not TOML: {type(error).__name__}") from None
    base = data if data is not None else path.parent
    return _Reader(path, base, found).dataset()


def _refused(file: str, detail: str, field: str | None = None) -> UsageError:
    return UsageError(Reason.LINK_DATASET_INVALID, detail, file=file, field=field)


class _Reader:
    """Reads one TOML; every complaint names the file and the entry."""

    def __init__(self, path: Path, base: Path, found: dict[str, Any]) -> None:
        self.name, self.stem, self.base, self.found = path.name, path.stem, base, found

    def refuse(self, detail: str, field: str | None = None) -> UsageError:
        return _refused(self.name, detail, field)

    def dataset(self) -> Dataset:
        found = self.found
        files = found.get("files", found.get("file"))
        task = found.get("task", found.get("mode", "dedupe"))
        if task not in TASKS:
            raise self.refuse(f"one of {', '.join(TASKS)}", "task")
        files = [{"path": entry} if isinstance(entry, str) else entry for entry in _listed(files)]
        if not files or not all(isinstance(entry, dict) for entry in files):
            raise self.refuse("at least one file", "files")
        truth = self.table("truth")
        read = tuple(self.file(entry, number, truth) for number, entry in enumerate(files, 1))
        if task == "link" and len(read) < 2:
            raise self.refuse("linking takes two files or more", "files")
        pairs = self.pairs(truth)
        if pairs is None and not any(file.truth for file in read):
            raise self.refuse("a column or a pairs file tells who is who", "truth")
        if pairs is not None and not all(file.id for file in read):
            raise self.refuse("true pairs need the column of the record's id", "id")
        vetoes = found.get("vetoes")
        return Dataset(
            name=str(found.get("name", self.stem)),
            task=task,
            files=read,
            pattern=truth.get("pattern"),
            pairs=pairs,
            number=self.one_of("number", ("auto", "bsn", "any")),
            vetoes=None if vetoes is None else tuple(map(str, _listed(vetoes))),
        )

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        chosen = self.found.get(name, choices[0])
        if chosen not in choices:
            raise self.refuse(f"one of {', '.join(choices)}", name)
        return str(chosen)

    def table(self, name: str) -> dict[str, Any]:
        found = self.found.get(name, {})
        if isinstance(found, str):
            found = {"column": found}
        if not isinstance(found, dict):
            raise self.refuse("a table", name)
        return found

    def file(self, entry: dict[str, Any], number: int, truth: dict[str, Any]) -> File:
        if "path" not in entry:
            raise self.refuse("a file has a path", "files")
        path = self.there(str(entry["path"]))
        fields = {**self.table("fields"), **entry.get("fields", {})}
        extra = tuple(map(str, _listed(fields.pop("extra", entry.get("extra", self.found.get("extra"))))))
        identity = fields.pop("id", entry.get("id", self.found.get("id", truth.get("id"))))
        kind = str(entry.get("format", "parquet" if path.suffix.lower() in (".parquet", ".pq") else "csv"))
        if kind not in ("csv", "parquet"):
            raise self.refuse("csv or parquet", "format")
        return File(
            path=path,
            source=str(entry.get("source", f"{path.stem}-{number}")),
            fields={self.field(name): self.column(name, value) for name, value in fields.items() if value},
            extra=extra,
            id=None if identity is None else str(identity),
            truth=entry.get("truth", truth.get("column")),
            delimiter=entry.get("delimiter", self.found.get("delimiter")),
            encoding=str(entry.get("encoding", self.found.get("encoding", "utf-8"))),
            format=kind,
        )

    def there(self, told: str) -> Path:
        """Where a file is: below the folder of the data, or in that folder itself."""
        path = self.base / told
        beside = self.base / path.name
        return beside if not path.exists() and beside.exists() else path

    def field(self, name: str) -> str:
        known = ALIASES.get(name, name)
        if known not in FIELDS:
            raise self.refuse(f"no such field; there are {', '.join((*FIELDS, 'extra', 'id'))}", name)
        return known

    def column(self, name: str, value: Any) -> Column:
        if isinstance(value, dict):
            names = _listed(value.get("column", value.get("columns")))
            if not names:
                raise self.refuse("column = ...", name)
            return Column(tuple(map(str, names)), value.get("format"))
        return Column(tuple(map(str, _listed(value))))

    def pairs(self, truth: dict[str, Any]) -> Pairs | None:
        if "pairs" not in truth:
            return None
        found = truth["pairs"] if isinstance(truth["pairs"], dict) else {**truth, "path": truth["pairs"]}
        try:
            return Pairs(
                path=self.there(str(found["path"])),
                left=str(found["left"]),
                right=str(found["right"]),
                score=found.get("score"),
                minimum=float(found.get("minimum", 0.5)),
                delimiter=found.get("delimiter"),
            )
        except (KeyError, ValueError, TypeError):
            raise self.refuse("path, left and right", "truth.pairs") from None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
