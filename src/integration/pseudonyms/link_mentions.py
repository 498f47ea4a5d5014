"""The columns for linkage of a batch of mentions: made in the first pass, re-keyed in the second.

They are made of the parts that :mod:`integration.pseudonyms.persons` has normalised already, under a first-pass key of
their own. Of a secret address nothing is made. A parent without an address gets the child's, as for
``token_demographic``. The house number counts without its addition, which sources often leave out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from integration.pseudonyms.link_names import is_filter, is_link, link_columns
from integration.pseudonyms.persons import PersonBatch
from integration.pseudonyms.tokens import labelled

if TYPE_CHECKING:
    import pyarrow as pa

    from integration.pseudonyms.mentions import Addresses, Mentions

_SEXES = {"1": "1", "2": "2"}
"""Sex 0 (unknown, iJw COD046) is none."""
_HEADS = {
    label: len(labelled(label, ""))
    for label in ("first_name", "surname", "birth_date", "postcode", "house_number")
}
"""The bytes of a field of a message that stand before its value."""
_POSTCODE = slice(_HEADS["postcode"], _HEADS["postcode"] + 6)
_HOUSE = slice(_POSTCODE.stop + _HEADS["house_number"], None)
"""Where they stand in an address, which is both fields one after the other."""


class LinkColumns:
    """Makes the columns of one delivery's mentions. It holds a key: never log, pickle or return it."""

    def __init__(self, key: bytes) -> None:
        from integration.pseudonyms.link_encoder import LinkEncoder  # numpy comes with it, and only then

        self._encoder = LinkEncoder(key)
        self.version = self._encoder.parameters.version
        self.fingerprint = self._encoder.fingerprint

    def __repr__(self) -> str:
        return f"LinkColumns({self.fingerprint})"

    def columns(
        self, person: PersonBatch, own: Addresses, child: Addresses | None, found: Mentions
    ) -> dict[str, pa.Array[Any]]:
        """Return the columns of ``found``, the mentions of ``person`` in a batch, by name and in their order."""
        if not found.places:
            return {}
        made = self._encoder.encode_values(_values(person, own, child, found))
        return {name: made.column(name).combine_chunks() for name in link_columns()}


def _values(
    person: PersonBatch, own: Addresses, child: Addresses | None, found: Mentions
) -> dict[str, Sequence[str | None]]:
    """The normalised values of each mention by field of the link encoding."""
    places = found.places

    def part(name: str) -> list[Any]:
        column = person.part(name)
        return [column[place] for place in places]

    postcodes, houses = _addresses(part("postcode"), own, child, found)
    return {
        "given": [_text(name and name.first, _HEADS["first_name"]) for name in part("voornaam")],
        "surname": [_text(name, _HEADS["surname"]) for name in part("achternaam")],
        "birth": [_birth(birth) for birth in part("geboortedatum")],
        "sex": [_SEXES.get(sex) for sex in found.columns["sex"]],
        "postcode": postcodes,
        "house": houses,
        "number": [number and number[-9:].decode("ascii") for number in part("bsn")],
    }


def _addresses(
    codes: Sequence[Any], own: Addresses, child: Addresses | None, found: Mentions
) -> tuple[list[str | None], list[str | None]]:
    """Postcode and house number of each mention: the person's own, else the child's, else a postcode alone."""
    postcodes: list[str | None] = []
    houses: list[str | None] = []
    for place, code, hidden in zip(found.places, codes, found.columns["secret"], strict=True):
        base = own.base[place]
        if base is None and child is not None:
            base = child.base[place]
        if hidden:
            postcode = house = None
        elif base is not None:
            postcode, house = base[_POSTCODE].decode("ascii"), base[_HOUSE].decode("ascii")
        else:
            postcode, house = _text(code and code.part, _HEADS["postcode"]), None
        postcodes.append(postcode)
        houses.append(house)
    return postcodes, houses


def _birth(birth: Any) -> str | None:
    """``1980-05-03``, ``1980-05`` or ``1980``: as much as is known."""
    if birth is None:
        return None
    if birth.part is not None:
        return _text(birth.part, _HEADS["birth_date"])
    if birth.year is None:
        return None
    return f"{birth.year:04d}-{birth.month:02d}" if birth.month else f"{birth.year:04d}"


def _text(part: bytes | None, head: int) -> str | None:
    """The value of a field: what stands after its head."""
    return None if part is None else part[head:].decode("utf-8", "surrogatepass")


class LinkChain:
    """The second pass over a batch's columns: the receiver's keys one after the other, each over all tokens at once.

    It holds keys: never log, pickle or return it.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        from integration.pseudonyms.link_tokens import Rekeyer

        self._steps = [Rekeyer(key) for key in keys]

    def __repr__(self) -> str:
        return f"LinkChain({len(self._steps)})"

    def rekeyed(self, batch: pa.RecordBatch | pa.Table, *, keep_filters: bool = True) -> dict[str, pa.Array[Any]]:
        """Return the columns for linkage that ``batch`` has: tokens re-keyed, null for null, filters as they are or null.

        Filters have no second pass, so the first time they are kept; at a rotation they are left out.
        """
        names = [name for name in batch.schema.names if is_link(name)]
        tokens = [name for name in names if not is_filter(name)]
        made = dict(zip(tokens, self._tokens([_array(batch, name) for name in tokens]), strict=True))
        for name in names:
            if name not in made:
                made[name] = _array(batch, name) if keep_filters else _nothing(batch.num_rows)
        return made

    def _tokens(self, columns: Sequence[pa.Array[Any]]) -> list[pa.Array[Any]]:
        import numpy as np
        import pyarrow as pa

        if not columns:
            return []
        words = np.concatenate([column.fill_null(0).to_numpy(zero_copy_only=False) for column in columns])
        for step in self._steps:
            words = step.tokens(words)
        rows = words.reshape(len(columns), -1)
        nulls = [column.is_null().to_numpy(zero_copy_only=False) for column in columns]
        return [pa.array(row, pa.int64(), mask=null) for row, null in zip(rows, nulls, strict=True)]


def _array(batch: pa.RecordBatch | pa.Table, name: str) -> pa.Array[Any]:
    import pyarrow as pa

    column: Any = batch.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _nothing(rows: int) -> pa.Array[Any]:
    import pyarrow as pa

    return pa.nulls(rows, pa.int64())
