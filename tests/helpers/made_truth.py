"""A made-up truth of six municipalities that is large enough to fill every chart of the report on the sample."""

from __future__ import annotations

import random

from helpers.truth import Truth

PLACES = ("GM0106", "GM0114", "GM0203", "GM0228", "GM0321", "GM0356")
SOURCES = {"onderwijs": "ON", "jeugdhulp": "JH", "politie": "PO", "veilig_thuis": "VT", "wijkteam": "WT",
           "huisarts": "HA", "kinderopvang": "KO"}  # fmt: skip
DEFECTS = ("bsn_missing", "bsn_invalid", "name_typo", "married_name", "a_defect_without_words")


def made_truth(homes: int = 60, seed: int = 3) -> Truth:
    """``homes`` households in each municipality, with care, reports, deliveries and planted defects."""
    dice, truth = random.Random(seed), Truth()
    for place in PLACES:
        for number in range(homes):
            _home(truth, dice, place, f"{number + 1}")
        for source, prefix in SOURCES.items():
            _delivery(truth, dice, source, prefix, place)
    truth.add(
        "themes",
        municipality="GM0114",
        theme="Overdrachten komen laat aan",
        strength="zwak",
        shows_in=["I04"],
    )
    truth.add(
        "themes", municipality="GM0228", theme="Eerste contact is snel", strength="sterk", shows_in=["I06"]
    )
    return truth


def _day(dice: random.Random, first: int, last: int) -> str:
    return f"{dice.randint(first, last)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"


def _home(truth: Truth, dice: random.Random, place: str, case: str) -> None:
    household = dice.choices(
        ["one_person", "couple", "two_parents", "one_parent", "blended"], [6, 5, 5, 1, 1]
    )[0]
    if household in {"one_person", "couple"}:
        members = [f"partner {_day(dice, 1930, 2002)}"] * (1 if household == "one_person" else 2)
        truth.home(household, *members, municipality=place)
        return
    parents = [f"partner {_day(dice, 1970, 1995)}"] * (1 if household == "one_parent" else 2)
    children = [f"child {_day(dice, 2008, 2025)}" for _ in range(dice.choice([1, 1, 2, 2, 3]))]
    made = truth.home(household, *parents, *children, municipality=place)
    if dice.random() < 0.5:
        truth.care(
            case, made[-1], _day(dice, 2024, 2025), municipality=place, verwijzer=dice.choice(["01", "02"])
        )
    if dice.random() < 0.5:
        said = {
            "eerdere_betrokkenheid": dice.choice(["EERSTE", "HERMELDING_EEN"]),
            "melder_organisatie": "POLITIE",
        }
        outcome = dice.choice(["OVERDRACHT", "VT_VERVOLG"])
        truth.report(case, _day(dice, 2025, 2025), outcome, municipality=place, **said)


def _delivery(truth: Truth, dice: random.Random, source: str, prefix: str, place: str) -> None:
    supplier = prefix + place[2:]
    key = f"{supplier}-2026-01"
    defect = "late" if supplier == "WT0228" else None
    truth.add("deliveries", delivery_id=key, supplier=supplier, source=source, municipality=place, period="2026-01",
              rows=dice.randint(100, 900), defect=defect, file="x.csv")  # fmt: skip
    for kind in DEFECTS:
        for row in range(dice.randint(0, 9)):
            truth.add("defects", delivery_id=key, row_number=row + 1, field="x", defect=kind)
