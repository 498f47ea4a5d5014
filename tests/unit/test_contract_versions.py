"""A new year is a short difference to the year before; one that does not fit is refused."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration.contracts import ODCS, load_contract, versions
from integration.errors import DeclarationError

NEW_YEAR = """
previous: 1.0.0
version: 1.1.0
why: Sinds 2027 wordt de groep bijgehouden, en vervalt de datum van doorgeven.
add:
- after: opvangsoort
  name: groep
  businessName: Groep
  description: Soort groep waarin het kind zit.
  logicalType: string
  enum: [{value: VERTICAAL, label: Verticale groep}, {value: HORIZONTAAL, label: Horizontale groep}]
  customProperties: [{property: role, value: attribute}, {property: about, value: kind},
    {property: label_en, value: Group}, {property: provenance, value: test}]
change:
  doorgegeven_aan: {enum_add: [{value: SCHOOL, label: School}], enum_remove: [HUISARTS]}
  gesprek_ouders_datum: {required: true}
remove: [doorgegeven_datum]
sla: {delivery_due: {value: 20}}
"""


def year_folder(tmp_path: Path, **diffs: str) -> Path:
    folder = tmp_path / "odcs" / "kinderopvang"
    folder.mkdir(parents=True)
    (folder / "1.0.0.yml").write_bytes((ODCS / "kinderopvang" / "1.0.0.yml").read_bytes())
    for version, text in diffs.items():
        (folder / f"{version.strip('v').replace('_', '.')}.diff.yml").write_text(text, encoding="utf-8")
    return tmp_path / "odcs"


def test_a_new_year_is_a_short_difference(tmp_path: Path) -> None:
    later = "{previous: 1.1.0, version: 1.10.0, why: terug, remove: [groep]}"
    folder = year_folder(tmp_path, v1_1_0=NEW_YEAR, v1_10_0=later)
    assert versions("kinderopvang", folder=folder) == ["1.0.0", "1.1.0", "1.10.0"]
    old, new, newest = (load_contract("kinderopvang", v, folder=folder) for v in ("1.0.0", "1.1.0", None))
    assert set(new.names) - set(old.names) == {"groep"}
    assert set(old.names) - set(new.names) == {"doorgegeven_datum"}
    assert new.names[new.names.index("opvangsoort") + 1] == "groep"
    assert new.field("doorgegeven_aan").codes == ("GEEN", "WIJKTEAM", "JGZ", "VT", "SCHOOL")
    assert (old.field("gesprek_ouders_datum").required, new.field("gesprek_ouders_datum").required) == (
        False,
        True,
    )
    assert (old.schedule.due_days, new.schedule.due_days) == (15, 20)
    assert (newest.version, "groep" in newest) == ("1.10.0", False)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"remove": ["bestaat_niet"]}, "names column bestaat_niet"),
        ({"change": {"bestaat_niet": {}}}, "names column bestaat_niet"),
        ({"change": {"doorgegeven_aan": {"enum_remove": ["X"]}}}, "no code X"),
        ({"add": [{"name": "opvangsoort"}]}, "which exists"),
        ({"sla": {"bestaat_niet": {}}}, "delivery term bestaat_niet"),
        ({"previous": "0.9.0"}, "older version"),
        ({"previous": "1.1.0"}, "older version"),
        ({"version": "1.2.0"}, "file name"),
        ({"why": None}, "lacks: why"),
        ({"remov": []}, "unknown keys"),
        ({"add": {}}, "expected shape in the difference: add"),
        ({"change": {"opvangsoort": {"businessName": "Nationaliteit"}}}, "nationality may not be declared"),
        ({"change": {"opvangsoort": {"enum": None}}}, "free text may not be declared"),
    ],
)
def test_difference_that_does_not_fit(change: dict[str, Any], why: str, tmp_path: Path) -> None:
    diff = {"previous": "1.0.0", "version": "1.1.0", "why": "test"} | deepcopy(change)
    text = yaml.safe_dump({key: value for key, value in diff.items() if value is not None})
    folder = year_folder(tmp_path, v1_1_0=text)
    with pytest.raises(DeclarationError, match=re.escape(why)):
        load_contract("kinderopvang", folder=folder)
