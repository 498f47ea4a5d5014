"""Rows that were refused come in after all: what was wrong here is mended, and the sealed file is read again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.deliveries import add_supplier, full_row, put
from integration import pipeline
from integration.contracts import load_contract
from integration.errors import IntegrationError
from integration.names import DeliveryId
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.reasons import Reason
from integration.settings import forget_settings, get_settings
from integration.stage_means import open_ledger
from integration.steward_desk import decide_and_tell
from integration.stewardship.deciding import Request
from integration.storage import Zones

DELIVERY = "wijkteam.WT0321.GM0321.2026-W04.0001"
FIELD = "aanmelder"
OWN_CODE = "HUISARTSENPOST"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A delivery of 30 rows of which 3 have a code that only its supplier knows; loaded without them."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "integration.toml").write_text("synthetic = true\nfixed_clock = 2026-02-16T06:00:00+01:00\n")
    monkeypatch.setenv("INTEGRATION_HOME", str(folder))
    monkeypatch.delenv("INTEGRATION_PASSPHRASE", raising=False)
    forget_settings()
    contract = add_supplier(folder).contract
    known = full_row(contract)[FIELD]
    rows = [full_row(contract, n, **{FIELD: OWN_CODE if n <= 3 else known}) for n in range(1, 31)]
    put(folder, add_supplier(folder), rows)
    make_demo_keys(Zones(folder))
    pipeline.receive()
    pipeline.encode(DELIVERY)
    pipeline.check([DELIVERY])
    pipeline.load([DELIVERY])
    yield folder
    forget_settings()


def rows() -> tuple[str, int, int]:
    entry = open_ledger(get_settings()).entry(DELIVERY)
    assert entry is not None
    return entry.state, int(entry.facts["rows_ok"]), int(entry.facts["rows_refused"])


def read_again() -> str:
    request = Request(DELIVERY, "replay", "DECIDED_MENDED", "De code staat nu in het leveranciersbestand")
    return decide_and_tell(get_settings(), request).state


def test_refused_rows_come_in_once_the_cause_is_mended(home: Path) -> None:
    assert load_contract("wijkteam").field(FIELD).required
    assert rows() == ("loaded", 27, 3)
    add_supplier(home, codes={FIELD: {OWN_CODE: "HUISARTS"}})
    assert read_again() == "received"
    (outcome,) = pipeline.go_on(DELIVERY)
    assert (outcome.state, *rows()[1:]) == ("loaded", 30, 0)


def test_what_was_not_mended_is_refused_again(home: Path) -> None:
    read_again()
    pipeline.go_on(DELIVERY)
    assert rows() == ("loaded", 27, 3)


def test_without_the_sealed_file_only_a_redelivery_helps(home: Path) -> None:
    shutil.rmtree(Zones(home).raw_dir(DeliveryId.parse(DELIVERY)))
    with pytest.raises(IntegrationError, match="only a redelivery helps") as caught:
        read_again()
    assert caught.value.reason is Reason.DELIVERY_PURGED
    assert rows() == ("loaded", 27, 3)
