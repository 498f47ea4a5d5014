"""Who lives in the sample: numbers, addresses, households, and that chunks change nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import islice, pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.errors import DeclarationError
from integration.sample.addresses import AddressBook
from integration.sample.bsn import passes_eleven_test, scattered
from integration.sample.bsn import test_numbers as numbers
from integration.sample.declare import Lives, PopulationRates, packaged
from integration.sample.model import Person, Population, stream
from integration.sample.naming import Names, municipalities
from integration.sample.people import Ages, Deaths
from integration.sample.population import Plot, lives_there, plots, settle

SEED = 2026
RATES, LIVES = packaged(PopulationRates, "population"), packaged(Lives, "lives")
HOUTEN = next(place for place in municipalities() if place.code == "GM0321")


def plot(inhabitants: int) -> Plot:
    return Plot(HOUTEN, inhabitants, 0)


@pytest.fixture(scope="module")
def houten() -> list[Population]:
    """Six thousand inhabitants, in chunks."""
    rates = RATES.model_copy(update={"secret_address": 0.02, "same_sex": 0.05})
    return list(settle(plot(6_000), rates, LIVES, SEED, chunk=250))


# -- numbers -----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 400), st.integers(0, 10**6))
def test_scattered_visits_everything_once(size: int, start: int) -> None:
    assert sorted(scattered(size, start)) == list(range(size))


def test_numbers_of_two_ranges_pass_the_eleven_test_and_never_meet() -> None:
    first, second = list(numbers(0, 500, 77)), list(numbers(500, 500, 3))
    assert all(map(passes_eleven_test, [*first, *second]))
    assert len({*first, *second}) == len(first) + len(second) >= 1000 * 10 // 11 - 2
    assert {number[:4] for number in first} == {"9999"}


def test_a_whole_country_of_numbers_is_still_not_issued() -> None:
    """At scale 20 the last municipality's numbers begin with an 8; all of the published range is used first."""
    last = plots(municipalities(), 20)[-1]
    assert {number[0] for number in islice(numbers(last.first, last.room, 5), 100)} == {"8"}
    small = plots(municipalities(), 0.01)
    assert all(number.startswith("9999") for one in small for number in numbers(one.first, one.room, 5))


def test_plots_have_room_for_everyone_and_do_not_overlap() -> None:
    for scale in (0.01, 1, 20):
        found = plots(municipalities(), scale)
        for one, other in pairwise(found):
            assert one.first + one.room == other.first
        assert [one.inhabitants for one in found] == [
            round(place.inhabitants * scale) for place in municipalities()
        ]


@pytest.mark.parametrize(
    ("number", "valid"),
    [("999999990", True), ("123456782", True), ("999999999", False), ("000000000", False), ("123456789", False),
     ("12345678", False)],
)  # fmt: skip
def test_eleven_test(number: str, valid: bool) -> None:
    assert passes_eleven_test(number) is valid


# -- addresses ---------------------------------------------------------------------------------------------------------


@given(st.integers(1, 600), st.integers(0, 10**6))
def test_every_home_has_an_address_of_its_own(homes: int, start: int) -> None:
    book, rng = AddressBook(("3991", "3992"), homes, 0.2, start), stream(start)
    found = [book.home(rng) for _ in range(homes)]
    assert len({(one.postcode, one.huisnummer) for one in found}) == homes
    assert all(one.postcode[:4] in {"3991", "3992"} for one in found)


def test_a_street_has_neighbours_and_a_flat_has_doors() -> None:
    book, rng = AddressBook(HOUTEN.pc4, 3_600, 0.0, 9), stream(1)
    streets = Counter(book.home(rng).postcode for _ in range(3_600))
    assert max(streets.values()) == 18
    flats = [book.flat() for _ in range(61)]
    assert [one.toevoeging for one in flats[:2]] == ["1", "2"]
    assert len({(one.postcode, one.huisnummer) for one in flats}) == 2, "sixty doors in a building"
    assert not {(one.postcode, one.huisnummer) for one in flats} & {(book.landmark(502)[:2])}


# -- persons -----------------------------------------------------------------------------------------------------------


def test_ages_come_from_their_classes() -> None:
    rng, ages = stream(1), Ages({25: 0.5, 50: 0.5, 60: 0}, young=0.2)
    drawn = Counter("young" if age < 25 else "middle" if age < 50 else "old" for age in
                    (ages.draw(rng) for _ in range(4_000)))  # fmt: skip
    assert drawn["young"] / 4_000 == pytest.approx(0.2, abs=0.03)
    assert drawn["old"] / 4_000 == pytest.approx(0.4, abs=0.04)


def test_too_many_who_leave_is_said_and_not_a_crash() -> None:
    rates = RATES.model_copy(update={"moves_out": 0.9, "moves_in": 0.0})
    with pytest.raises(DeclarationError, match="numbers run out"):
        list(settle(plot(500), rates, LIVES, SEED))
    book = AddressBook(("3991",), 10, 0.0, 1)
    with pytest.raises(DeclarationError, match="addresses run out"):
        [book.home(stream(1)) for _ in range(100)]


def test_only_who_may_die_dies() -> None:
    deaths = Deaths({18: 0.0, 80: 0.5}, date(2023, 8, 1), date(2026, 1, 31))
    rng = stream(2)
    assert {deaths.day(rng, date(1990, 1, 1)) for _ in range(50)} == {None}
    assert {deaths.day(rng, date(2015, 1, 1)) for _ in range(50)} == {None}
    days = [deaths.day(rng, date(1930, 1, 1)) for _ in range(50)]
    assert all(day is None or date(2023, 8, 1) < day <= date(2026, 1, 31) for day in days)
    assert None not in days


def test_rare_names_are_put_together() -> None:
    names, rng = Names(rare=1.0, parts=(("van",), ("Eiken",), ("hof", "dijk"))), stream(3)
    assert {names.surname(rng) for _ in range(20)} == {("van", "Eikenhof"), ("van", "Eikendijk")}


# -- households --------------------------------------------------------------------------------------------------------


def everyone(chunks: list[Population]) -> list[tuple]:
    return [
        (*(getattr(person, name) for name in type(person).__slots__), chunk.stays[person.id])
        for chunk in chunks
        for person in chunk.persons
    ]


def test_chunks_change_nothing() -> None:
    whole, small = ([*settle(plot(400), RATES, LIVES, SEED, chunk=size)] for size in (10_000, 7))
    assert len(whole) == 1
    assert len(small) > 20
    assert everyone(whole) == everyone(small)


def test_as_many_people_live_there_as_was_asked(houten: list[Population]) -> None:
    there = sum(lives_there(person, RATES.reference_day) for chunk in houten for person in chunk.persons)
    assert 6_000 <= there < 6_010
    assert all(len(chunk.persons) < 1_500 for chunk in houten), "chunks stay small"


def test_every_kind_of_household_and_every_fate_occurs(houten: list[Population]) -> None:
    persons = [person for chunk in houten for person in chunk.persons]
    assert {person.household_kind for person in persons} == {
        "one_person", "couple", "one_parent", "two_parents", "co_parents", "blended", "grown_children",
        "grown_children_one",
    }  # fmt: skip
    assert {person.place for person in persons} == {"alone", "partner", "parent", "child"}
    assert {person.born_use for person in persons} == {"", "1", "2"}
    for fate in ("arrived", "left", "died", "married_name"):
        assert any(getattr(person, fate) for person in persons), fate
    gezinnen = [gezin for chunk in houten for gezin in chunk.gezinnen]
    assert {gezin.household for gezin in gezinnen} == {"one_parent", "two_parents", "co_parents", "blended"}
    assert any(gezin.secret for gezin in gezinnen)
    assert any(gezin.moved for gezin in gezinnen)
    kinds = Counter(stay.kind for chunk in houten for stay in chunk.all_stays())
    assert set(kinds) >= {"main", "second"}
    guardians = Counter(adult.id for gezin in gezinnen for adult in gezin.adults())
    assert max(guardians.values()) == 2, "a parent with a new family is in two gezinnen"
    births = Counter((gezin.id, child.born) for gezin in gezinnen for child in gezin.children)
    assert max(births.values()) >= 2, "twins"
    doors = Counter(
        (stay.address.postcode, stay.address.huisnummer) for chunk in houten for stay in chunk.all_stays()
    )
    assert max(doors.values()) > 20, "a flat building"


def test_shelters_and_separations_occur_where_they_are_common() -> None:
    rates = RATES.model_copy(update={"shelter": 0.5, "separates": 0.5, "moves": 0.0})
    chunks = list(settle(plot(900), rates, LIVES, SEED))
    kinds = Counter(stay.kind for chunk in chunks for stay in chunk.all_stays())
    assert kinds["shelter"] > 5
    apart = [
        gezin for chunk in chunks for gezin in chunk.gezinnen
        if gezin.household == "two_parents"
        and len({chunk.home(adult, RATES.reference_day) for adult in gezin.adults()}) == 2
    ]  # fmt: skip
    assert apart, "the father lives elsewhere, the gezin is the same"


def test_people_live_at_one_address_while_they_live_there(houten: list[Population]) -> None:
    days = [date(2023, 8, 1), date(2024, 11, 5), date(2026, 1, 31)]
    for chunk in houten:
        for person in chunk.persons:
            for day in days:
                mains = [stay for stay in chunk.stays[person.id] if stay.kind == "main" and stay.covers(day)]
                assert len(mains) in ({1} if lives_there(person, day) else {0, 1}), person.id


def test_children_have_a_living_guardian_and_one_gezin(houten: list[Population]) -> None:
    first = LIVES.start.replace(year=LIVES.start.year - 18)
    for chunk in houten:
        gezin_of = [child.id for gezin in chunk.gezinnen for child in gezin.children]
        assert len(gezin_of) == len(set(gezin_of))
        assert set(gezin_of) == {person.id for person in chunk.persons if person.is_child}
        for person in chunk.persons:
            born = person.born
            assert born is not None
            if person.born_use == "":
                assert person.is_child == (born >= first and person.place == "child")
        for gezin in chunk.gezinnen:
            for child in gezin.children:
                guardians = [adult for adult, _ in gezin.guardians[child.id]]
                assert any(adult.died is None for adult in guardians)
                assert all(
                    adult.born and child.born and adult.born.year <= child.born.year - 18
                    for adult in guardians
                )


def test_brothers_and_sisters_can_be(houten: list[Population]) -> None:
    """Children of a woman are born on one day (two at most) or 300 days apart or more, and have names of their own."""
    twins = 0
    for chunk in houten:
        children: dict[int, list[Person]] = defaultdict(list)
        for gezin in chunk.gezinnen:
            for child in gezin.children:
                mother = next((one for one, _ in gezin.guardians[child.id] if one.sex == "2"), None)
                if mother and not child.born_use:
                    children[mother.id].append(child)
        for family in children.values():
            family.sort(key=lambda child: (child.born, child.id))
            assert len({child.voornaam for child in family}) == len(family)
            assert max(Counter(child.born for child in family).values()) <= 2
            for one, other in pairwise(family):
                assert one.born is not None
                assert other.born is not None
                gap = (other.born - one.born).days
                twins += gap == 0
                assert gap == 0 or gap >= 300
    assert twins > 3


def test_twins_have_the_same_parents(houten: list[Population]) -> None:
    for chunk in houten:
        for gezin in chunk.gezinnen:
            parents: dict[date | None, set[tuple[int, ...]]] = defaultdict(set)
            for child in gezin.children:
                if not child.born_use:
                    parents[child.born].add(tuple(one.id for one, _ in gezin.guardians[child.id]))
            assert all(len(found) == 1 for found in parents.values())


def test_nobody_dies_before_the_youngest_child_is_born(houten: list[Population]) -> None:
    checked = 0
    for chunk in houten:
        for gezin in chunk.gezinnen:
            for child in gezin.children:
                for adult, _ in gezin.guardians[child.id]:
                    if adult.died and child.born:
                        checked += 1
                        assert child.born < adult.died
    assert checked


def test_men_and_women_are_about_as_many_at_every_age() -> None:
    """Under 75 there are 85 to 120 women for 100 men in every five years of age."""
    number: Counter[tuple[int, str]] = Counter()
    for people in settle(plot(50_000), RATES, LIVES, SEED):
        for person in people.persons:
            if person.born and lives_there(person, RATES.reference_day):
                number[int((RATES.reference_day - person.born).days / 365.25) // 5 * 5, person.sex] += 1
    for age in range(0, 75, 5):
        assert 0.85 < number[age, "2"] / number[age, "1"] < 1.2, age


def test_foster_homes_are_couples_who_stay() -> None:
    people = next(settle(plot(2_000), RATES, LIVES, SEED))
    assert len(people.foster_homes) == 1 + ceil(2_000 * RATES.foster_homes_per_1000 / 1000)
    for carer, home in people.foster_homes:
        assert (carer.arrived, carer.left, carer.died) == (None, None, None)
        assert people.home(carer, RATES.reference_day) == home
