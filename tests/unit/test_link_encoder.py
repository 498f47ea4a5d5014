"""The link encoding as a whole: the oracle, golden values, what is null, what agrees, and what the key changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from statistics import correlation
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.link_oracle import encoded
from integration.pseudonyms import link_encoder, link_filters
from integration.pseudonyms.link_encoder import LinkEncoder, encoded_with, rekeyed_fingerprint
from integration.pseudonyms.link_parameters import Channel, load_parameters

KEY, SECOND, THIRD = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
PARAMETERS = load_parameters()
JAN = {
    "given_names": "Jan Willem",
    "surname": "van den Berg",
    "birth_date": "1980-05-03",
    "sex": "M",
    "postcode": "1234 AB",
    "house": "12 a",
    "place": "'s-Hertogenbosch",
    "number": "111222333",
    "phone": "06-12345678",
    "email": "Jan@Voorbeeld.nl",
    "extra": "Timmerman",
}

# Made once with the plain implementation (tests/helpers/link_oracle.py); another value is another version.
GOLDEN: dict[str, Any] = {
    "sex": "1",
    "link_number": -3267967549551463768,
    "link_birth": -6633977550777225495,
    "link_birth_swapped": 8105817864316427662,
    "link_birth_my": -2520208832755407092,
    "link_birth_dy": -6460599967992893892,
    "link_birth_dm": -3673882446237335262,
    "link_birth_year": -7238515406182301005,
    "link_birth_decade": 2977308623003392633,
    "link_postcode": 264255877265481758,
    "link_pc4": 7059638787928451014,
    "link_address": 7172257898678443184,
    "link_place": 4493164329892130683,
    "link_phone": 1927289877013938918,
    "link_email": 5242453130761630605,
    "link_extra": -4132540737167406150,
    "link_surname_birth": 7992481163634918475,
    "link_given_birth": -5763370183822318175,
    "link_surname_postcode": -6899469361949009023,
    "link_given_postcode": -7942284483539115685,
    "link_names_year": -5312359199099764626,
    "link_names_dm": -2869917524977830483,
    "link_names_pc4": 5446104495097208230,
    "link_house_place": -3740589343132036463,
    "link_given_birth_0": 1602939195633313065,
    "link_given_birth_1": 2648117012686242997,
    "link_given_post_0": -8425101292807384822,
    "link_given_post_1": 3047416426925792897,
    "link_given_year_0": 5265380335671775772,
    "link_given_year_1": 7679997610447472731,
    "link_given_pc4_0": 1030346955434270986,
    "link_given_pc4_1": 3247386931866278920,
    "link_surname_birth_0": 161766765112820912,
    "link_surname_birth_1": -7886323083006704807,
    "link_surname_post_0": 1598960149585224321,
    "link_surname_post_1": 8701105376252201495,
    "link_surname_year_0": 3945184542671274929,
    "link_surname_year_1": 364382732135452757,
    "link_surname_pc4_0": -6876987451273698735,
    "link_surname_pc4_1": 6413656272627386131,
}


def one(encoder: LinkEncoder, **fields: str | None) -> dict[str, Any]:
    return encoder.encode({name: [value] for name, value in fields.items()}).to_pylist()[0]


def as_columns(people: list[dict[str, str | None]]) -> dict[str, list[str | None]]:
    names = dict.fromkeys(name for person in people for name in person)
    return {name: [person.get(name) for person in people] for name in names}


def test_golden_values() -> None:
    made = one(LinkEncoder(KEY), **JAN)
    assert made == GOLDEN


NAMES = st.sampled_from(["berg", "jansen", "vries", "devries", "a", "ng", "østerbø", "şahin"])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "given": st.none() | NAMES,
        "surname": st.none() | NAMES | st.text("abcdé", min_size=1, max_size=30),
        "birth": st.sampled_from([None, "1980-05-03", "1980-03-05", "1981-07-07", "1980-05", "1980"]),
        "sex": st.sampled_from([None, "1", "2"]),
        "postcode": st.sampled_from([None, "1234AB", "9999XZ", "TQ138DF", "4223"]),
        "house": st.sampled_from([None, "12", "12-A"]),
        "place": st.sampled_from([None, "houten"]),
        "number": st.sampled_from([None, "111222333"]),
        "email": st.none() | st.text("a@.", min_size=1, max_size=40),
    },
)


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_columns_at_once_are_what_one_person_at_a_time_gives(people: list[dict[str, str | None]]) -> None:
    columns = as_columns(people)
    made = LinkEncoder(KEY).encode_values(columns).to_pylist() if columns else []
    assert made == [encoded(KEY, PARAMETERS, person) for person in people if columns]


@pytest.mark.parametrize("lanes", [2, 4, 8])
def test_other_lanes_and_salts_of_several_parts_follow_the_plain_one(lanes: int) -> None:
    channels = (
        Channel("both", (("given", ("birth_my", "pc4")), ("surname", ("birth_my", "pc4")))),
        Channel("other", (("surname", ("given", "birth_year")),)),
    )
    parameters = replace(PARAMETERS, filters=replace(PARAMETERS.filters, lanes=lanes, channels=channels))
    person = {"given": "jan", "surname": "berg", "birth": "1980-05", "postcode": "1234AB"}
    made = LinkEncoder(KEY, parameters).encode_values({name: [value] for name, value in person.items()})
    assert made.to_pylist() == [encoded(KEY, parameters, person)]


@settings(max_examples=20, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=8), st.randoms())
def test_the_order_of_rows_changes_nothing(people: list[dict[str, str | None]], random: Any) -> None:
    order = list(range(len(people)))
    random.shuffle(order)
    columns = {**dict.fromkeys(["sex"], [None] * len(people)), **as_columns(people)}
    shuffled = {name: [column[place] for place in order] for name, column in columns.items()}
    encoder = LinkEncoder(KEY)
    made = encoder.encode_values(columns).take(pa.array(order))
    assert made.to_pylist() == encoder.encode_values(shuffled).to_pylist()


def test_the_pieces_in_which_rows_are_worked_off_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    people = as_columns([JAN, {**JAN, "surname": "Visser"}, {"surname": "Bakker"}, JAN, {}])
    whole = LinkEncoder(KEY).encode(people)
    monkeypatch.setattr(link_encoder, "_SLAB", 2)
    monkeypatch.setattr("integration.pseudonyms.link_columns._CHUNK", 1)
    assert LinkEncoder(KEY).encode(people).to_pylist() == whole.to_pylist()
    monkeypatch.undo()
    monkeypatch.setattr(
        "integration.pseudonyms.link_columns._SAMPLE", 1
    )  # taken for columns without repetition
    assert LinkEncoder(KEY).encode(people).to_pylist() == whole.to_pylist()


ALIKE = [
    {"surname": "Berg, van den"},
    {"surname": "BERG"},
    {"surname": "Berg-de Vries"},
    {"given_names": "JAN"},
    {"birth_date": "19800503"},
    {"birth_date": "03-05-1980"},
    {"birth_date": "3/5/1980"},
    {"birth_date": "1980-05-03T00:00:00"},
    {"sex": "1"},
    {"sex": "man"},
    {"postcode": "1234ab"},
    {"house": "0012A"},
    {"house": "12-a"},
    {"place": "s hertogenbosch"},
    {"number": "1112.22.333"},
    {"phone": "+31 (0)6 12345678"},
    {"phone": "0031612345678"},
    {"email": " JAN@voorbeeld.nl "},
    {"extra": "TIMMERMAN"},
]


@pytest.mark.parametrize("change", ALIKE, ids=str)
def test_spellings_that_mean_the_same_agree(change: dict[str, str]) -> None:
    encoder = LinkEncoder(KEY)
    assert one(encoder, **{**JAN, **change}) == one(encoder, **JAN)


def test_three_columns_make_a_birth_date() -> None:
    encoder, rest = LinkEncoder(KEY), {name: value for name, value in JAN.items() if name != "birth_date"}
    parts = one(encoder, **rest, birth_year="1980", birth_month="5", birth_day="03")
    assert parts == one(encoder, **JAN)
    partial = one(encoder, **rest, birth_year="1980")
    assert partial == one(encoder, **{**JAN, "birth_date": "1980-00-00"})
    numbers = {"birth_year": [1980], "birth_month": [5], "birth_day": [3]}
    dated = {"birth_date": pa.array([date(1980, 5, 3)])}
    assert encoder.encode(numbers).to_pylist() == encoder.encode(dated).to_pylist()


FULL = {
    "link_birth",
    "link_birth_swapped",
    "link_birth_dy",
    "link_birth_dm",
    "link_surname_birth",
    "link_given_birth",
    "link_names_dm",
}
MONTH = {"link_birth_my"}
YEAR = {"link_birth_year", "link_birth_decade", "link_names_year"} | {
    f"link_{name}_year_{word}" for name in ("given", "surname") for word in (0, 1)
}
SALTED_BY_BIRTH = {f"link_{name}_birth_{word}" for name in ("given", "surname") for word in (0, 1)}
NO_DATE = FULL | MONTH | YEAR | SALTED_BY_BIRTH


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("1980-05-03", set()),
        ("1980-05-00", FULL | SALTED_BY_BIRTH),
        ("1980-05", FULL | SALTED_BY_BIRTH),
        ("1980", FULL | MONTH | SALTED_BY_BIRTH),
        ("19800000", FULL | MONTH | SALTED_BY_BIRTH),
        ("1980-02-30", NO_DATE),
        ("1900-01-01", NO_DATE),
        ("1850-06-01", NO_DATE),
        ("2200-01-01", NO_DATE),
        ("0000-00-00", NO_DATE),
        ("onbekend", NO_DATE),
        ("", NO_DATE),
        (None, NO_DATE),
    ],
)
def test_a_date_known_in_part_gives_the_tokens_of_that_part(text: str | None, missing: set[str]) -> None:
    made = one(LinkEncoder(KEY), **{**JAN, "birth_date": text})
    assert {name for name, value in made.items() if value is None} == missing


def test_historical_persons_have_a_birth_date_when_the_range_allows_it() -> None:
    old = LinkEncoder(KEY, earliest=date(1500, 1, 1))
    assert one(old, birth_date="1850-06-01")["link_birth"] is not None
    assert one(old, birth_date="1900-01-01")["link_birth"] is None
    assert one(old, birth_date="1499-06-01")["link_birth_year"] is None


@pytest.mark.parametrize(
    ("field", "missing"),
    [
        ("number", {"link_number"}),
        ("phone", {"link_phone"}),
        ("email", {"link_email"}),
        ("extra", {"link_extra"}),
        ("house", {"link_address", "link_house_place"}),
        ("sex", {"sex"}),
        ("place", {"link_place", "link_house_place"}),
    ],
)
def test_a_missing_part_leaves_its_columns_empty(field: str, missing: set[str]) -> None:
    encoder = LinkEncoder(KEY)
    for person in ({**JAN, field: None}, {**JAN, field: " "}, {n: v for n, v in JAN.items() if n != field}):
        assert {name for name, value in one(encoder, **person).items() if value is None} == missing


def test_day_and_month_swapped_meet_the_other_date_and_tell_nothing_else() -> None:
    encoder = LinkEncoder(KEY)
    third_of_may, fifth_of_march, fifth_of_may, late = (
        one(encoder, birth_date=text) for text in ("1980-05-03", "1980-03-05", "1980-05-05", "1980-05-31")
    )
    assert third_of_may["link_birth_swapped"] == fifth_of_march["link_birth"]
    assert fifth_of_may["link_birth_swapped"] not in (None, fifth_of_may["link_birth"])
    assert late["link_birth_swapped"] is not None


def words(made: dict[str, Any], field: str, channel: str) -> int:
    low, high = (made[f"link_{field}_{channel}_{word}"] & (1 << 64) - 1 for word in (0, 1))
    return low | high << 64


def test_filters_of_likely_spellings_share_bits_under_one_salt_and_chance_under_two() -> None:
    encoder = LinkEncoder(KEY)
    people = [
        {**JAN, "surname": name, "birth_date": f"19{year}-05-03"}
        for name in ("Jansen", "Janssen")
        for year in range(30, 90)
    ]
    rows = encoder.encode(as_columns(people)).to_pylist()
    jansen, janssen = ([words(row, "surname", "birth") for row in rows[at : at + 60]] for at in (0, 60))
    same = [dice(a, b) for a, b in zip(jansen, janssen, strict=True)]
    other = [dice(a, b) for a, b in pairwise(jansen)]
    assert min(same) > 0.8
    assert 0.2 < sum(other) / len(other) < 0.45  # seven grams fill a third of the bits


def dice(one: int, other: int) -> float:
    return 2 * (one & other).bit_count() / (one.bit_count() + other.bit_count())


def test_trigrams_and_long_names() -> None:
    parameters = replace(PARAMETERS, filters=replace(PARAMETERS.filters, q=3, padding=2))
    encoder = LinkEncoder(KEY, parameters)
    long = "x" * 200 + "y"
    names = ["a", "şé", "\U0001f600a", long, long + "z"]
    made = encoder.encode_values({"surname": names, "birth": ["1980-05-03"] * 5}).to_pylist()
    found = [words(row, "surname", "birth").bit_count() for row in made]
    assert max(found) <= PARAMETERS.filters.set_bits
    assert words(made[3], "surname", "birth") == words(made[4], "surname", "birth")


def test_the_number_of_bits_tells_next_to_nothing_of_a_name_s_length() -> None:
    lengths = [length for length in range(2, 13) for _ in range(200)]
    names = [
        "".join(chr(97 + (place * 7 + at * at) % 26) for at in range(n)) for place, n in enumerate(lengths)
    ]
    made = (
        LinkEncoder(KEY).encode_values({"surname": names, "birth": ["1980-05-03"] * len(names)}).to_pylist()
    )
    counts = [words(row, "surname", "birth").bit_count() for row in made]
    assert correlation(lengths, counts) ** 2 < 0.05


@pytest.mark.parametrize("grams", [2, 5, 7, 9, 56, 60])
def test_a_name_s_grams_share_out_the_bits(grams: int) -> None:
    shared = link_filters._shared_out(56, np.array([grams]))
    assert shared.sum() == 56
    assert shared.max() - shared.min() <= 1


def test_a_name_has_other_bits_in_each_field_and_channel() -> None:
    made = one(LinkEncoder(KEY), **{**JAN, "given_names": "Jansen", "surname": "Jansen"})
    found = {words(made, field, channel) for field in ("given", "surname") for channel in ("birth", "post")}
    assert len(found) == 4


def test_another_key_gives_nothing_alike() -> None:
    columns = as_columns([JAN])
    mine, other = (LinkEncoder(key).encode(columns).to_pylist()[0] for key in (KEY, SECOND))
    assert {name for name in mine if mine[name] == other[name]} == {"sex"}


@settings(max_examples=20, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5))
def test_rekeying_keeps_what_was_equal_equal_and_follows_the_chain(
    people: list[dict[str, str | None]],
) -> None:
    columns = {"sex": [None] * len(people), **as_columns(people)}
    encoder = LinkEncoder(KEY)
    first = encoder.encode_values(columns)
    chained = encoder.rekey(encoder.rekey(first, SECOND), THIRD)
    each = [
        encoder.rekey(
            encoder.rekey(encoder.encode_values({n: [v[row]] for n, v in columns.items()}), SECOND), THIRD
        )
        for row in range(len(people))
    ]
    assert chained.to_pylist() == pa.concat_tables(each).to_pylist()
    for name in PARAMETERS.token_columns:
        before, after = first.column(name).to_pylist(), chained.column(name).to_pylist()
        assert [value is None for value in before] == [value is None for value in after]
        assert [before.index(value) for value in before] == [after.index(value) for value in after]
    for name in PARAMETERS.filter_columns:
        assert first.column(name) == chained.column(name)


def test_a_rotation_empties_filters_and_leaves_other_columns() -> None:
    table = LinkEncoder(KEY).encode(as_columns([JAN])).append_column("row_number", pa.array([7]))
    rotated = LinkEncoder.rekey(table, SECOND, keep_filters=False).to_pylist()[0]
    assert all(rotated[name] is None for name in PARAMETERS.filter_columns)
    assert all(rotated[name] is not None for name in PARAMETERS.token_columns)
    assert (rotated["row_number"], rotated["sex"]) == (7, "1")


def test_fingerprints_tell_what_may_be_compared() -> None:
    encoder = LinkEncoder(KEY)
    changed = LinkEncoder(KEY, replace(PARAMETERS, version=2))
    assert len({encoder.fingerprint, LinkEncoder(SECOND).fingerprint, changed.fingerprint}) == 3
    table = encoder.encode(as_columns([JAN]))
    mine = encoder.fingerprint
    assert encoded_with(table) == {"version": 1, "filters": mine, "tokens": mine}
    passed = rekeyed_fingerprint(mine, SECOND)
    assert encoded_with(encoder.rekey(table, SECOND)) == {"version": 1, "filters": mine, "tokens": passed}
    rotated = encoder.rekey(table, SECOND, keep_filters=False)
    assert encoded_with(rotated) == {"version": 1, "filters": None, "tokens": passed}
    assert encoded_with(table.replace_schema_metadata(None)) == {}


def test_columns_are_words_and_nothing_tells_a_length() -> None:
    schema = LinkEncoder(KEY).encode(as_columns([JAN])).schema
    assert schema.names == ["sex", *PARAMETERS.token_columns, *PARAMETERS.filter_columns]
    assert {str(schema.field(name).type) for name in schema.names[1:]} == {"int64"}


def test_no_rows_no_fields_and_wrong_columns() -> None:
    encoder = LinkEncoder(KEY)
    assert encoder.encode({}).num_rows == 0
    assert encoder.encode({name: [] for name in JAN}).schema == encoder.schema
    assert encoder.encode({name: [None, ""] for name in JAN}).num_rows == 2
    with pytest.raises(ValueError, match="not a field of a person record: nickname"):
        encoder.encode({"nickname": ["x"]})
    with pytest.raises(ValueError, match="different lengths"):
        encoder.encode({"surname": ["x"], "sex": []})
    with pytest.raises(ValueError, match="bsn or any"):
        LinkEncoder(KEY, number="passport")


def test_nothing_that_holds_a_key_shows_it() -> None:
    encoder = LinkEncoder(KEY)
    assert repr(encoder) == f"LinkEncoder({encoder.fingerprint})"
    assert KEY.hex() not in json.dumps(encoded_with(encoder.encode({})))
