"""Reads everything again that was written under a new version, before anything of the old one gives way to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from integration.errors import IntegrationError
from integration.pseudonyms.link_names import is_filter, is_link
from integration.reasons import Reason
from integration.rekey.tokens import Rekeyer

if TYPE_CHECKING:
    import pyarrow as pa


class Found(NamedTuple):
    """Files, tokens of the new version in them (of linkage too), and mentions that now link on tokens only."""

    files: int = 0
    tokens: int = 0
    tokens_only: int = 0


def survey(folder: Path, before: Path, rekeyer: Rekeyer) -> Found:
    """Read everything of a domain's folder again, beside the folder it was made from.

    Raises :class:`IntegrationError` (INTERNAL) when a text is a token of this domain of any other version, or a number
    in a column for linkage stood in one of the same rows before.
    """
    found = Found()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        tokens = only = 0
        if path.suffix == ".parquet":
            tokens, only = _table(path, before / path.relative_to(folder), rekeyer)
        elif re.search(_any_token(rekeyer).encode(), path.read_bytes()):
            raise _left()
        found = Found(found.files + 1, found.tokens + tokens, found.tokens_only + only)
    return found


def _left() -> IntegrationError:
    return IntegrationError(Reason.INTERNAL, "a token of another version was left")


def _any_token(rekeyer: Rekeyer) -> str:
    """What a token of this domain looks like, of any version, in RE2's and Python's grammar."""
    return rf"[1-9][0-9]{{0,3}}\.{rekeyer.domain}\.[a-z]{{2,12}}\.[0-9a-f]{{32}}"


def _table(path: Path, before: Path, rekeyer: Rekeyer) -> tuple[int, int]:
    """Tokens, and mentions that link on tokens only, of one table."""
    import pyarrow.parquet as pq

    tokens = 0
    with pq.ParquetFile(path, pre_buffer=False) as file, pq.ParquetFile(before, pre_buffer=False) as old:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, use_threads=False)
            tokens += _texts(group, rekeyer)
            if any(map(is_link, group.schema.names)):
                was = old.read_row_group(number, [name for name in group.schema.names if is_link(name)], False)
                tokens += _links(group, was)
        only = file.metadata.num_rows if path.name == "mentions.parquet" else 0
    return tokens, only


def _texts(group: pa.Table, rekeyer: Rekeyer) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = 0
    for field in group.schema:
        column: Any = group.column(field.name)
        if pa.types.is_list(field.type):
            column = pc.list_flatten(column)
        if not pa.types.is_string(column.type):
            continue
        own = _count(pc.starts_with(column, f"{rekeyer.version}.{rekeyer.domain}."))
        if _count(pc.match_substring_regex(column, _any_token(rekeyer))) != own:
            raise _left()
        found += own
    return found


def _links(group: pa.Table, was: pa.Table) -> int:
    """How many numbers stand in the columns for linkage; none is one of before, and filters hold none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    before = pa.chunked_array([chunk for column in was.columns for chunk in column.chunks], pa.int64()).drop_null()
    found = 0
    for name in was.schema.names:
        column: Any = group.column(name).drop_null()
        if len(column) and (is_filter(name) or _count(pc.is_in(column, before))):
            raise _left()
        found += len(column)
    return found


def _count(flags: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(flags).as_py() or 0)
