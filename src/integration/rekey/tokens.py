"""Tokens in Parquet, from one version to the next: a MAC under the new key over the bytes of the old token.

Columns are re-keyed because they are declared to hold tokens. Afterwards everything written is read again: any text
that is a token of another version, in whichever column, ends the rotation before anything is swapped; so does a
number of a column for linkage that stood in one before.

Filters (columns that likeness of names is measured on) are not re-keyed but emptied: they have no second pass, and
permuting them under a new key can be undone. Until they are delivered again, their mentions link on tokens only.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.contracts import contract_ids, load_contract, versions
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.pseudonyms.first_pass import FIRST_PURPOSES, LINK
from integration.pseudonyms.link_mentions import LinkChain
from integration.pseudonyms.tables import recurring
from integration.reasons import Reason
from integration.storage import read_json, write_json

if TYPE_CHECKING:
    import pyarrow as pa

    from integration.pseudonyms.keyring import Keyring

REKEYED = FIRST_PURPOSES
"""Purposes of tokens in deliveries that are texts. Persons and families get theirs when the domain is linked again."""
_HEX = 32
_ROOT_OR_KEY = re.compile(r"[0-9]+(\..*)?")


class Rekeyer:
    """Makes a domain's tokens of one version into those of the next. It holds keys: never log, pickle or return it."""

    def __init__(self, domain: DomainCode, old: Keyring, new: Keyring) -> None:
        self.domain = domain
        self.old_version, self.version = old.version_of(domain), new.version_of(domain)
        self.fingerprints = new.fingerprints(domain, (*REKEYED, LINK))
        self._link = LinkChain([new.subkey(domain, LINK)])
        self._steps = {f"{self.old_version}.{domain}.{p}.": new.next_step(domain, p) for p in REKEYED}

    def __repr__(self) -> str:
        return f"Rekeyer({self.domain}, {self.old_version} to {self.version})"

    def links(self, group: pa.Table) -> dict[str, Any]:
        """The columns for linkage of some mentions: the new tokens, and filters without any value."""
        return dict(self._link.rekeyed(group, keep_filters=False))

    def texts(self, values: Sequence[str | None]) -> list[str | None]:
        """The new tokens of one column; nothing stays nothing.

        Raises :class:`IntegrationError` (INTERNAL) for a text that is no token of the old version.
        """
        head = next((value[:-_HEX] for value in values if value is not None), "")
        if not head:
            return [None] * len(values)
        step, start = self._steps.get(head), len(head)
        if step is None or any(value is not None and value[:-_HEX] != head for value in values):
            raise IntegrationError(
                Reason.INTERNAL, "a column holds something else than tokens of its version"
            )
        return step.tokens([None if value is None else bytes.fromhex(value[start:]) for value in values])


@lru_cache(maxsize=1)
def _key_columns() -> frozenset[str]:
    """The key columns of all contracts, in every version of them."""
    return frozenset(
        field.name
        for source in contract_ids()
        for version in versions(source)
        for field in load_contract(source, version).with_role("key")
    )


def is_declared(column: str) -> bool:
    """Whether a column of records or mentions holds tokens."""
    return column == "record_key" or "token" in column or column in _key_columns()


def rekey_folder(source: Path, target: Path, rekeyer: Rekeyer) -> None:
    """Write a delivery's encoded folder anew under the new version; what holds no token is copied."""
    for path in sorted(source.iterdir()):
        if path.name in ("records.parquet", "mentions.parquet"):
            _rekey_table(path, target / path.name, rekeyer)
        elif path.name == "encode.json":
            content = read_json(path)
            kept = {
                name: mark
                for name, mark in content.get("key_fingerprints", {}).items()
                if not _ROOT_OR_KEY.fullmatch(name)
            }
            write_json(target / path.name, {**content, "key_fingerprints": {**kept, **rekeyer.fingerprints}})
        elif path.name.startswith("."):
            continue  # what a killed process left
        elif path.is_dir():
            shutil.copytree(path, target / path.name)
        else:
            shutil.copyfile(path, target / path.name)


def _rekey_table(source: Path, target: Path, rekeyer: Rekeyer) -> None:
    """One row group at a time; tokens seldom recur, so they get no dictionary and no statistics, as in encoding."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(source, pre_buffer=False) as file:
        schema = file.schema_arrow
        with pq.ParquetWriter(
            target,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=recurring(schema.names),
            write_statistics=recurring(schema.names),
        ) as writer:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, use_threads=False)
                linked = rekeyer.links(group)
                columns = [
                    linked[field.name]
                    if field.name in linked
                    else pa.array(rekeyer.texts(group.column(field.name).to_pylist()), field.type)
                    if is_declared(field.name) and pa.types.is_string(field.type)
                    else group.column(field.name)
                    for field in schema
                ]
                writer.write_table(pa.table(columns, schema=schema))
