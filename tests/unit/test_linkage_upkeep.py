"""Looking after linkage by hand: a model trained anew and used, what it moved, the history read and undone."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from helpers.encoded_town import encoded_town
from helpers.linkage import DOMAIN
from helpers.nights import held, night
from integration.errors import DeclarationError, IntegrationError
from integration.linkage import upkeep
from integration.linkage.model import load_model, save_model
from integration.reasons import Reason
from integration.storage import Zones


@pytest.fixture
def con():
    with duckdb.connect(":memory:") as opened:
        yield opened


@pytest.fixture
def zones(tmp_path):
    return Zones(tmp_path)


@pytest.fixture
def town():
    return encoded_town(150)


def test_training_tells_what_it_moved_and_writes_nothing(zones, con, town):
    night(town, zones)
    found = upkeep.retrain(con, zones, DOMAIN)
    assert found.records == held(zones, "select count(*) from record")[0][0]
    assert found.drift.largest_bits > 0.1
    assert found.drift.changes[0].bits == found.drift.largest_bits
    assert (found.model.threshold, found.model.rules) == (load_model().threshold, None)
    assert sorted(path.name for path in zones.linking.iterdir()) == [f"{DOMAIN}.duckdb"]


def test_training_again_on_the_same_records_moves_nothing(zones, con, town):
    night(town, zones)
    first = upkeep.retrain(con, zones, DOMAIN)
    upkeep.use(zones, DOMAIN, first.model)
    again = upkeep.retrain(con, zones, DOMAIN)
    assert (again.drift.largest_bits, again.drift.prior_bits) == pytest.approx((0, 0), abs=1e-9)


def test_a_model_in_use_is_what_the_next_night_links_with(zones, con, town):
    before = night(town, zones, 0)
    mark = held(zones, "select value from meta where name = 'model'")
    upkeep.use(zones, DOMAIN, upkeep.retrain(con, zones, DOMAIN).model)
    after = night(town, zones, 1)
    assert held(zones, "select value from meta where name = 'model'") != mark
    assert after.linked.records_compared == after.linked.records > 0
    assert len(set(after.persons.values())) == pytest.approx(len(set(before.persons.values())), rel=0.02)
    assert night(town, zones, 2).linked.records_compared == 0


def test_a_model_of_another_encoding_or_a_damaged_one_is_refused(zones, town):
    save_model(replace(load_model(), encoding="link-encoding/0"), zones.link_model(DOMAIN))
    with pytest.raises(IntegrationError) as told:
        night(town, zones)
    assert told.value.reason == Reason.LINK_VERSIONS_MIXED
    zones.link_model(DOMAIN).write_text("{}")
    with pytest.raises(DeclarationError) as damaged:
        night(town, zones)
    assert damaged.value.reason == Reason.LINK_MODEL_INVALID
    assert not zones.link_file(DOMAIN).exists()


@pytest.mark.parametrize("asked", [upkeep.retrain, upkeep.events])
def test_without_a_night_there_is_nothing_to_look_after(zones, con, asked):
    with pytest.raises(IntegrationError) as told:
        asked(con, zones, DOMAIN)
    assert told.value.reason == Reason.LINK_NOTHING_HELD
