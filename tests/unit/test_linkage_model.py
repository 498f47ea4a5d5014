"""The person model on a few visible records: what is compared, what is bounded, what is forbidden, what is learned."""

from __future__ import annotations

import json
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from integration.errors import DeclarationError, IntegrationError
from integration.linkage.model import (
    block,
    compare_models,
    load_model,
    mark_rare,
    new_model,
    prune,
    same_encoding,
    save_model,
    score,
    train,
)
from integration.linkage.model.declaration import read_declaration
from integration.linkage.model.expectation import Patterns, maximise
from integration.linkage.model.parameters import SHIPPED, model_from_dict, weight
from integration.pseudonyms.link_encoder import LinkEncoder
from integration.reasons import Reason

FIELDS = ("given", "surname", "birth", "sex", "postcode", "house", "number")


def table_of(con, rows, name="record", slots=None):
    """Encode rows of FIELDS into a table."""
    columns = {field: [row[place] for row in rows] for place, field in enumerate(FIELDS)}
    table = LinkEncoder(b"a key of tests, sixteen and more", number="any").encode_values(columns)
    table = table.append_column("record", pa.array(np.arange(len(rows)), pa.int64()))
    table = table.append_column("slot", pa.array(slots or [None] * len(rows), pa.string()))
    con.register("made", table)
    con.execute(f"create or replace table {name} as select * from made")
    con.unregister("made")


def linked(con, model=None, **options):
    model = model or new_model()
    found = block(con, model, **options)
    score(con, model)
    rows = con.execute('select "left", "right", match_weight, veto from pair order by all').fetchall()
    return found, {(a, b): (w, v) for a, b, w, v in rows}


ANNA = ("anna", "bakker", "1980-05-03", "2", "3991AB", "12", "100000009")
TYPO = ("anna", "baker", "1980-05-03", "2", "3991AB", "12", None)
MOVED = ("anna", "bakker", "1980-05-03", "2", "1011ZZ", "3", None)
TWIN = ("bert", "bakker", "1980-05-03", "1", "3991AB", "12", None)
OTHER = ("anna", "bakker", "1980-05-03", "2", "3991AB", "12", "200000007")
STRANGER = ("kees", "visser", "1951-11-30", "1", "9999XX", "1", None)


@pytest.fixture
def con():
    return duckdb.connect(config={"threads": 1})


def test_a_typing_mistake_and_a_move_weigh_more_than_a_twin(con):
    table_of(con, [ANNA, TYPO, MOVED, TWIN, STRANGER])
    _, pairs = linked(con)
    assert pairs[0, 1][0] > 5
    assert pairs[0, 2][0] > 5
    assert pairs[0, 3] == (pytest.approx(pairs[0, 3][0]), "twins")
    assert not any(4 in pair for pair in pairs)


def test_two_numbers_are_a_veto_whatever_the_weight(con):
    table_of(con, [ANNA, OTHER])
    _, pairs = linked(con)
    assert pairs[0, 1][1] == "two_numbers"


def test_a_name_is_unknown_when_no_salt_is_shared(con):
    table_of(con, [ANNA, ("anna", "bakker", "1980-06-09", "2", "1011ZZ", "3", None)])
    block(con, new_model())
    score(con, new_model())
    assert con.execute("select gamma_given, gamma_surname, gamma_names from pair").fetchall() == [(-1, -1, 2)]


def test_a_comparison_without_content_is_left_out(con):
    table_of(con, [(*ANNA[:6], None), (*TYPO[:6], None)])
    block(con, new_model())
    score(con, new_model())
    score_columns = {row[0] for row in con.execute("describe pair").fetchall()}
    assert "gamma_given" in score_columns
    assert not {"gamma_number", "gamma_phone", "gamma_email"} & score_columns


def test_a_block_of_equal_records_is_left_out_and_counted(con):
    table_of(con, [ANNA, TYPO] + [("x", "y", "1900-01-02", "1", "1000AA", "1", None)] * 5000)
    found, pairs = linked(con)
    assert set(pairs) == {(0, 1)}
    assert found.left_out["given_birth"] == 5000


def test_records_of_one_slot_are_not_compared(con):
    table_of(con, [ANNA, TYPO, MOVED], slots=["school", "school", "gp"])
    _, pairs = linked(con)
    assert set(pairs) == {(0, 2), (1, 2)}


def test_only_pairs_with_a_new_record_and_only_without_two_numbers(con):
    table_of(con, [ANNA, TYPO, MOVED, ANNA])
    con.execute("create table fresh as select 2::bigint as record")
    _, pairs = linked(con, new="fresh")
    assert all(2 in pair for pair in pairs)
    assert pairs
    _, pairs = linked(con, skip_numbered=True)
    assert (0, 3) not in pairs
    assert (0, 1) in pairs


def test_no_records_make_no_pairs(con):
    table_of(con, [ANNA])
    con.execute("delete from record")
    found, pairs = linked(con, skip_numbered=True)
    assert (found.pairs, pairs) == (0, {})


def test_records_are_compared_whatever_their_numbers_and_order(con):
    table_of(con, [ANNA, TYPO, STRANGER], slots=["school", None, None])
    con.execute("create or replace table record as select * replace (900 - 7 * record as record) from record")
    _, pairs = linked(con)
    assert set(pairs) == {(893, 900)}


def test_few_and_default_values_get_columns_of_their_own(con):
    rows = [(place, place) for place in [1] * 16 + [2] * 17 + [3] * 60]
    con.execute("create table record (link_place bigint, link_birth_dm bigint)")
    con.executemany("insert into record values (?, ?)", rows)
    assert mark_rare(con) == ["link_few_place", "link_some_place", "link_often_birth_dm"]
    found = con.execute(
        "select distinct link_place, link_few_place, link_some_place, link_often_birth_dm from record"
    )
    assert sorted(found.fetchall(), key=str) == [
        (1, 1, 1, None),
        (2, None, 2, None),
        (3, None, None, None),
    ]
    con.execute("insert into record (link_place, link_birth_dm) select 4, 4 from range(400)")
    mark_rare(con)
    assert con.execute("select distinct link_often_birth_dm from record order by 1").fetchall() == [
        (4,),
        (None,),
    ]


def test_a_weak_rule_that_finds_nothing_of_its_own_is_taken_out(con):
    same = [("anna", f"naam{n}", f"19{n:02d}-05-03", "2", f"10{n:02d}AB", "12", None) for n in range(60)]
    rng = np.random.default_rng(5)
    names = ["".join(rng.choice(list("abcdefghijklmnoprstuvw"), 9)) for _ in range(120)]
    strangers = [
        (names[n], names[60 + n], f"18{n:02d}-{n % 12 + 1:02d}-01", "1", "9999XX", str(n), None)
        for n in range(60)
    ]
    table_of(con, same + same + strangers)
    found = block(con, new_model())
    assert ("link_postcode",) in [rule.columns for rule in found.rules]
    pruned = prune(con, replace(new_model(), rules=found.rules))
    left = [rule.columns for rule in pruned.rules]
    assert ("link_postcode",) not in left
    assert ("link_given_birth",) in left
    assert con.execute("select count(*) from blocked").fetchall() == [(60,)]


def test_splink_gives_the_same_weights(con):
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    table_of(con, [ANNA, TYPO, MOVED, TWIN, STRANGER, ANNA])
    model = new_model()
    _, pairs = linked(con, model)
    columns = [row[0] for row in con.execute("describe record").fetchall()]
    con.execute(
        'create table pairs_of as select "left" as join_key_l, "right" as join_key_r, \'0\' as match_key from blocked'
    )
    api = DuckDBAPI(con)
    linker = Linker(
        api.register("record"), model.splink_settings([c for c in columns if c not in ("phone", "email")])
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register("pairs_of"))
    found = linker.inference.predict(warning_mode="never")
    rows = con.execute(f"select record_l, record_r, match_weight from {found.physical_name}").fetchall()
    weights = {(min(a, b), max(a, b)): w for a, b, w in rows}
    assert weights == pytest.approx({pair: value[0] for pair, value in pairs.items()})


def test_training_finds_the_planted_chances_and_does_not_depend_on_row_order(con):
    rng = np.random.default_rng(3)
    names = ["".join(rng.choice(list("abcdefghijklmnoprstuvw"), 7)) for _ in range(300)]
    rows = []
    for person in range(800):
        row = (
            names[rng.integers(300)],
            names[rng.integers(300)],
            f"{1950 + person % 60}-{person % 12 + 1:02d}-{person % 28 + 1:02d}",
            str(person % 2 + 1),
            f"{1000 + person}AB",
            str(person % 30 + 1),
            None,
        )
        moved = (*row[:4], f"{3000 + person}CD", "7", None)
        rows += [row, moved if person % 4 == 0 else row]
    table_of(con, rows)
    trained = train(con, new_model())
    same = trained.parameters["residence", "address"][0]
    assert same == pytest.approx(0.75, abs=0.06)
    assert trained.rules
    con.execute("create or replace table record as select * from record order by record desc")
    again = train(con, new_model())
    assert compare_models(trained, again).largest_bits < 0.01


def test_what_the_data_cannot_tell_keeps_its_weight(con):
    table_of(con, [ANNA, TYPO, STRANGER])
    trained = train(con, new_model())
    assert trained.trained["sessions"] == {}
    level = next(c for c in trained.fit(trained.trained["columns"]) if c.name == "surname").levels[1]
    assert weight(level) == pytest.approx(
        weight(next(c for c in read_declaration().comparisons if c.name == "surname").levels[1]), abs=0.1
    )


def test_expectation_maximisation_on_a_known_mixture():
    rng = np.random.default_rng(1)
    match = rng.random(20_000) < 0.3
    gamma = np.stack(
        [(rng.random(20_000) < np.where(match, m, u)) for m, u in ((0.9, 0.1), (0.8, 0.05), (0.95, 0.2))], 1
    )
    patterns, counts = np.unique(gamma.astype(int), axis=0, return_counts=True)
    u = [np.array([1 - x, x]) for x in (0.1, 0.05, 0.2)]
    start = [np.array([0.3, 0.7])] * 3
    found = maximise(Patterns(patterns, counts.astype(float)), start, u, skip=set(), free_u=set())
    assert found.share == pytest.approx(0.3, abs=0.02)
    assert [m[1] for m in found.m] == pytest.approx([0.9, 0.8, 0.95], abs=0.02)


def test_a_model_is_the_same_after_saving(tmp_path, con):
    table_of(con, [ANNA, TYPO, MOVED, STRANGER])
    trained = replace(train(con, new_model()), encoding="0123")
    save_model(trained, tmp_path / "model.json")
    read = load_model(tmp_path / "model.json")
    assert read.as_dict() == trained.as_dict()
    assert compare_models(trained, read).largest_bits == 0
    same_encoding(read, "0123")
    with pytest.raises(IntegrationError) as refused:
        same_encoding(read, "4567")
    assert refused.value.reason is Reason.LINK_VERSIONS_MIXED


def test_the_shipped_model_is_made_from_the_declaration():
    assert json.loads(SHIPPED.read_text()) == new_model().as_dict()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1}', "\x00"])
def test_a_broken_model_is_refused_by_name(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(DeclarationError) as refused:
        load_model(path)
    assert refused.value.reason is Reason.LINK_MODEL_INVALID
    assert "broken.json" in str(refused.value)


def test_a_model_of_another_version_is_refused():
    with pytest.raises(DeclarationError) as refused:
        model_from_dict({**new_model().as_dict(), "version": 99})
    assert refused.value.reason is Reason.LINK_VERSIONS_MIXED
