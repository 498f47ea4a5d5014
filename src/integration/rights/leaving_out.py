"""Take persons out of one encoded delivery: the one place that says what goes for whom.

- A record about the person (they are its child or patient) goes whole: its row, all its mentions, its findings.
- Of a record about somebody else that names the person as a parent, their mention goes, and of the record what
  stands there of that parent (relation, how their identifiers came through).
- A record that then names nobody any more goes whole too.

Files are replaced one by one, each whole; doing it again changes nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration import parquet
from integration.pseudonyms.tables import recurring
from integration.rights.lists import wanted_at_encoding
from integration.storage import read_json, sync_directory, write_json

if TYPE_CHECKING:
    import pyarrow as pa

    from integration.contracts.model import Contract
    from integration.names import DeliveryId
    from integration.pseudonyms.keyring import Keyring
    from integration.rights.lists import Wanted
    from integration.storage import Zones

SUBJECTS = ("kind", "patient")
"""The roles in which a record is about the person."""
LIKENESSES = ("token_demographic", "token_demographic_first", "token_name", "token_birth_first")
Place = tuple[int, str]
"""Row number and role: one mention of a delivery."""


@dataclass(frozen=True)
class Cut:
    """What goes from one delivery: whole rows by number, and single mentions by row and role."""

    rows: frozenset[int] = field(default=frozenset())
    mentions: frozenset[Place] = field(default=frozenset())

    def __bool__(self) -> bool:
        return bool(self.rows or self.mentions)

    @property
    def spoken_of(self) -> int:
        """In how many rows."""
        return len(self.rows | {row for row, _ in self.mentions})


def make_cut(named: Iterable[Place], theirs: Iterable[Place]) -> Cut:
    """Say what goes from a delivery that names ``named``, of whom ``theirs`` are the persons to leave out."""
    gone = set(theirs)
    left: defaultdict[int, int] = defaultdict(int)
    for place in named:
        left[place[0]] += place not in gone
    rows = {row for row, role in gone if role in SUBJECTS or not left[row]}
    return Cut(frozenset(rows), frozenset(place for place in gone if place[0] not in rows))


def cut_delivery(folder: Path, contract: Contract, cut: Cut) -> None:
    """Take rows and mentions out of the encoded tables in a folder, and correct the counts beside them."""
    if not cut:
        return
    _clear(folder)
    _replace(folder / "mentions.parquet", lambda table: _mentions(table, cut))
    _replace(folder / "findings.parquet", lambda table: _findings(table, contract, cut))
    _replace(folder / "records.parquet", lambda table: _records(table, contract, cut))
    told = folder / "encode.json"
    if told.exists():
        rows = parquet.read(folder / "records.parquet", ["row_number"]).num_rows
        content = read_json(told)
        if content["rows_ok"] != rows:
            gone = content.get("objected", 0) + content["rows_ok"] - rows
            write_json(told, content | {"rows_ok": rows, "objected": gone})


def _clear(folder: Path) -> None:
    """Remove what killed runs left of this delivery: copies of its tables that never got their name."""
    for path in (*folder.glob(".*.cut"), *folder.glob(".*.partial")):
        path.unlink()
    for stale in (
        *folder.parent.glob(f".{folder.name}.*.partial"),
        *folder.parent.glob(f".{folder.name}.*.old"),
    ):
        shutil.rmtree(stale, ignore_errors=True)


def leave_out(folder: Path, contract: Contract, wanted: Wanted) -> Cut:
    """Leave listed persons out of a delivery that was just encoded, before it gets its name; say what went."""
    if not wanted:
        return Cut()
    table = parquet.read(folder / "mentions.parquet", ["row_number", "role", "bsn_token", *LIKENESSES])
    columns: list[list[Any]] = [table.column(name).to_pylist() for name in table.column_names]
    rows, roles, numbers, *likenesses = columns
    named = list(zip(rows, roles, strict=True))
    tokens = zip(*likenesses, strict=True)
    told = zip(named, numbers, tokens, strict=True)
    cut = make_cut(named, [place for place, number, others in told if wanted.has(number, others)])
    cut_delivery(folder, contract, cut)
    return cut


def keep_out(
    zones: Zones,
    keys: Keyring,
    delivery: DeliveryId,
    contract: Contract,
    folder: Path,
    arrived_at: str | None,
    told: dict[str, Any],
) -> dict[str, Any]:
    """Leave who objected or was erased out of a delivery that was encoded into ``folder``, before it gets its place.

    ``told`` is the content of ``encode.json``; returned, and written, is what it says afterwards. ``arrived_at`` is the
    ledger's: an erasure only counts for what arrived before it. Of persons left out nothing is kept.
    """
    wanted = wanted_at_encoding(keys, zones, zones.domain_of(delivery), arrived_at)
    cut = leave_out(folder, contract, wanted)
    if not cut:
        return told
    told = told | {"rows_ok": told["rows_ok"] - len(cut.rows), "objected": cut.spoken_of}
    write_json(folder / "encode.json", told)
    return told


def _mentions(table: pa.Table, cut: Cut) -> pa.Table:
    rows, roles = (table.column(name).to_pylist() for name in ("row_number", "role"))
    return _only(
        table,
        [r not in cut.rows and (r, role) not in cut.mentions for r, role in zip(rows, roles, strict=True)],
    )


def _records(table: pa.Table, contract: Contract, cut: Cut) -> pa.Table:
    table = _only(table, [row not in cut.rows for row in table.column("row_number").to_pylist()])
    numbers = table.column("row_number").to_pylist()
    for role in sorted({role for _, role in cut.mentions}):
        emptied = {row for row, other in cut.mentions if other == role}
        if not emptied & set(numbers):
            continue
        for name in block_columns(contract, role):
            if name in table.column_names:
                table = _emptied(table, name, [row in emptied for row in numbers])
    return table


def block_columns(contract: Contract, role: str) -> list[str]:
    """The columns of encoded records that tell something of the person in a role."""
    about = [field for field in contract if field.about == role]
    kept = [field.name for field in about if field.role == "attribute"]
    return kept + [f"{field.name}_status" for field in about if field.role == "identifier"]


def _findings(table: pa.Table, contract: Contract, cut: Cut) -> pa.Table:
    blocks = {role: {f.name for f in contract if f.about == role} for _, role in cut.mentions}
    gone = {(row, name) for row, role in cut.mentions for name in blocks[role]}
    rows, fields = (table.column(name).to_pylist() for name in ("row_number", "field"))
    return _only(
        table, [r not in cut.rows and (r, name) not in gone for r, name in zip(rows, fields, strict=True)]
    )


def _only(table: pa.Table, kept: Sequence[bool]) -> pa.Table:
    import pyarrow as pa

    return table if all(kept) else table.filter(pa.array(kept, pa.bool_()))


def _emptied(table: pa.Table, name: str, gone: Sequence[bool]) -> pa.Table:
    import pyarrow as pa

    place = table.schema.get_field_index(name)
    values = table.column(name).to_pylist()
    kept = [None if empty else value for value, empty in zip(values, gone, strict=True)]
    return table.set_column(place, table.schema.field(place), pa.array(kept, table.schema.field(place).type))


def _replace(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a table anew, without what goes, and put it in the place of the old one by one rename."""
    import pyarrow.parquet as pq

    if not path.exists():
        return
    before = parquet.read(path)
    after = change(before)
    if after is before:
        return
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".cut", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        pq.write_table(
            after,
            fresh,
            compression="zstd",
            compression_level=1,
            use_dictionary=recurring(after.schema.names),
            write_statistics=recurring(after.schema.names),
        )
        fresh.chmod(path.stat().st_mode & 0o777)
        with fresh.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(fresh, path)
        sync_directory(path.parent)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
