"""The mistakes that sources make in a row, one at a time: what each changes, when it cannot, and how often it comes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from helpers.samples import near
from integration.sample.bsn import passes_eleven_test
from integration.sample.declare import packaged
from integration.sample.declare_deliveries import Defects, RowDefect
from integration.sample.defects import DOUBLE, Planter
from integration.sample.mistakes import MISTAKES, Spot
from integration.sample.model import Fact, Gezin, Person, Record

DECLARED = packaged(Defects, "defects")


# -- one mistake at a time -------------------------------------------------------------------------------------------

CHILD = Person(1, "Luuk", "van den", "Heuvel", date(2015, 2, 3), "1", True, bsn="010082426",
               married_name=("de", "Boer"))  # fmt: skip
ROW: dict[str, Any] = {
    "kind_bsn": "010082426", "kind_voornaam": "Luuk", "kind_tussenvoegsel": "van den", "kind_achternaam": "Heuvel",
    "kind_geboortedatum": date(2015, 2, 3), "kind_geslacht": "1", "postcode": "6711GH", "huisnummer": 12,
    "huisnummer_toevoeging": "A", "aanmeld_datum": date(2025, 3, 4), "record_id": "R1",
}  # fmt: skip


def makes(
    name: str, row: dict[str, Any], luck: float = 0.3, **spot: Any
) -> tuple[str | None, dict[str, Any]]:
    """The column that a mistake says it changed, and all that it changed."""
    after = dict(row)
    column = MISTAKES[name](Spot(luck, after, "kind", CHILD, **spot))
    return column, {key: value for key, value in after.items() if value != row[key]}


ALWAYS_THE_SAME = [
    ("bsn_missing", {"kind_bsn": ""}),
    ("bsn_unknown", {"kind_bsn": "999999999"}),
    ("bsn_unborn", {"kind_bsn": "000000000"}),
    ("bsn_zero_lost", {"kind_bsn": "10082426"}),
    ("first_name_variant", {"kind_voornaam": ("Luc", "Luke", "Luk", "Lucas")}),
    ("birth_swapped", {"kind_geboortedatum": date(2015, 3, 2)}),
    ("birth_default", {"kind_geboortedatum": date(1900, 1, 1)}),
    ("birth_partial", {"kind_geboortedatum": ((2015, 2, 0), (2015, 0, 0))}),
    ("addition_missing", {"huisnummer_toevoeging": None}),
    ("addition_wrong", {"huisnummer_toevoeging": ("B", "1", "2", "hs")}),
    ("postcode_swapped", {"postcode": ("6171GH",)}),
    ("married_name", {"kind_tussenvoegsel": "de", "kind_achternaam": ("Boer", "Boer-van den Heuvel")}),
]


@pytest.mark.parametrize(("name", "changes"), ALWAYS_THE_SAME, ids=[name for name, _ in ALWAYS_THE_SAME])
def test_a_mistake_is_what_its_name_says(name: str, changes: dict[str, Any]) -> None:
    seen = [makes(name, ROW, luck / 20) for luck in range(20)]
    for column, changed in seen:
        assert column in changed
        assert set(changed) == set(changes)
        for key, allowed in changes.items():
            several = isinstance(allowed, tuple)
            assert changed[key] in allowed if several else changed[key] == allowed
    assert seen == [makes(name, ROW, luck / 20) for luck in range(20)], "the same luck makes the same mistake"


PREFIX_STYLES = [
    {"kind_tussenvoegsel": None, "kind_achternaam": "van den Heuvel"},
    {"kind_tussenvoegsel": None, "kind_achternaam": "Heuvel, van den"},
    {"kind_tussenvoegsel": "v d"},
]


def test_a_prefix_is_misplaced_in_three_styles() -> None:
    seen = [makes("prefix_style", ROW, luck / 40)[1] for luck in range(40)]
    assert all(change in PREFIX_STYLES for change in seen)
    assert all(style in seen for style in PREFIX_STYLES)


def letters_apart(before: str, after: str) -> str:
    """How two texts differ: replaced, swapped or dropped; else empty."""
    if len(after) == len(before) - 1:
        dropped = {before[:place] + before[place + 1 :] for place in range(len(before))}
        return "dropped" if after in dropped else ""
    places = [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    if len(places) == 1:
        return "replaced"
    neighbours = len(places) == 2 and places[1] == places[0] + 1
    return "swapped" if neighbours and sorted(before) == sorted(after) else ""


DRAWN: list[tuple[str, str, Callable[[Any, Any], bool]]] = [
    ("bsn_invalid", "kind_bsn", lambda old, new: letters_apart(old, new) == "replaced" and not passes_eleven_test(new)),
    ("name_typo", "kind_achternaam", lambda old, new: letters_apart(old, new) in {"swapped", "dropped"}),
    ("first_name_typo", "kind_voornaam", lambda old, new: letters_apart(old, new) in {"swapped", "dropped"}),
    ("name_letter", "kind_achternaam", lambda old, new: letters_apart(old, new) == "replaced"),
    ("postcode_other", "postcode", lambda old, new: old[:3] == new[:3] and all(
        one != other for one, other in zip(old[3:], new[3:], strict=True)) and re.fullmatch(r"\d{4}[A-Z]{2}", new)),
    ("house_number_off", "huisnummer", lambda old, new: letters_apart(str(old), str(new)) == "replaced" and new > 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "fits"), DRAWN, ids=[name for name, _, _ in DRAWN])
def test_a_drawn_mistake_is_what_its_name_says(
    name: str, column: str, fits: Callable[[Any, Any], bool]
) -> None:
    row = ROW | {"kind_voornaam": "Sanne"}
    for luck in range(60):
        told, changed = makes(name, row, luck / 60)
        assert (told, set(changed)) == (column, {column})
        assert fits(row[column], changed[column]), changed


CANNOT = [
    ("bsn_missing", {"kind_bsn": ""}, {}),
    ("bsn_invalid", {"kind_bsn": None}, {}),
    ("bsn_zero_lost", {"kind_bsn": "999990019"}, {}),
    ("name_typo", {"kind_achternaam": "Smit"}, {}),
    ("name_letter", {"kind_achternaam": "Li"}, {}),
    ("first_name_typo", {"kind_voornaam": "Jan"}, {}),
    ("first_name_variant", {"kind_voornaam": "Xerxes"}, {}),
    ("prefix_style", {"kind_tussenvoegsel": None}, {}),
    ("birth_swapped", {"kind_geboortedatum": date(2015, 2, 13)}, {}),
    ("birth_swapped", {"kind_geboortedatum": date(2015, 3, 3)}, {}),
    ("birth_swapped", {"kind_geboortedatum": date(2025, 2, 9)}, {"latest": date(2025, 4, 1)}),
    ("birth_swapped", {"kind_geboortedatum": (2015, 2, 0)}, {}),
    ("birth_partial", {"kind_geboortedatum": None}, {}),
    ("birth_default", {}, {"losable": False}),
    ("postcode_other", {"postcode": None}, {}),
    ("postcode_swapped", {"postcode": "6777GH"}, {}),
    ("house_number_off", {"huisnummer": None}, {}),
    ("addition_missing", {"huisnummer_toevoeging": None}, {}),
    ("addition_wrong", {"huisnummer": None}, {}),
]


@pytest.mark.parametrize(("name", "lacks", "spot"), CANNOT)
def test_a_mistake_that_cannot_be_made_changes_nothing(
    name: str, lacks: dict[str, Any], spot: dict[str, Any]
) -> None:
    column, changed = makes(name, ROW | lacks, **spot)
    assert (column, changed) == (None, {})


# -- at its rate -----------------------------------------------------------------------------------------------------


def case(number: int) -> Record:
    gezin = Gezin(number, "GM0321", "two_parents", [CHILD], {})
    facts = [Fact(date(2025, 3, 4), "persoon_rol", "SLACHTOFFER")]
    return Record("politie", f"P{number}", gezin, [("kind", CHILD, "")], facts)


@pytest.mark.parametrize("name", [*MISTAKES, DOUBLE])
def test_the_share_of_a_mistake_is_its_declared_rate(name: str) -> None:
    """Where it can be made, and nothing else is: 4,000 records of one child."""
    rate = max(DECLARED.rows[name].rate, *DECLARED.rows[name].sources.values(), 0.0)
    alone = Defects(format="integration-defects/1", rows={name: RowDefect(rate=rate)}, deliveries=())
    planter, number, found = Planter(alone, 5), 4000, 0
    for record in map(case, range(number)):
        found += planter.again(record) is not None
        found += len(planter.plant(dict(ROW), record, record.roles))
    assert near(found, number, rate), (found, number * rate)
