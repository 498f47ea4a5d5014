"""The values in ``lives.yml`` that are worked out instead of drawn: ``?areas`` is :func:`areas`, and so on."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from integration.sample.declare import Lives
from integration.sample.model import Event, Gezin

if TYPE_CHECKING:
    from integration.sample.lives import Case

_PARTNER = {
    "onderwijs": "SCHOOL", "huisarts": "HUISARTS", "politie": "POLITIE", "veilig_thuis": "VT", "jeugdhulp": "JEUGDHULP",
    "kinderopvang": "KINDEROPVANG",
}  # fmt: skip
_AREAS = {
    "OPVOEDING": 0.55, "SCHEIDING": 0.25, "PARTNERGEWELD": 0.25, "FINANCIEN": 0.3, "PSYCHISCH_OUDER": 0.25,
    "NETWERK": 0.15, "WONEN": 0.15, "VERSLAVING": 0.12, "WERK": 0.1, "LVB_OUDER": 0.08,
}  # fmt: skip
_SUPPORTS = {
    "AANVAARDT_HULP": 0.6,
    "STEUNEND_NETWERK": 0.45,
    "STABIELE_SCHOOL": 0.4,
    "STABIELE_VERZORGER": 0.4,
}


class View:
    """What the rules may look at: the family, what has happened to it so far, and the step at hand.

    Of that step: its ``day`` and ``child``, and in ``drawn`` the values before the one that is worked out.
    """

    def __init__(self, lives: Lives, gezin: Gezin, rng: random.Random) -> None:
        self.lives, self.gezin, self.rng = lives, gezin, rng
        self.reports: list[Case] = []
        self.sources: list[str] = []
        self.version: str | None = None
        self.whole_family_known = False
        self.known_before = rng.random() < lives.known_before
        self.day, self.child = lives.start, gezin.children[0]
        self.drawn: dict[str, Any] = {}

    def opened(self, case: Case) -> None:
        """Note a new case."""
        if case.source == "veilig_thuis":
            self.reports.append(case)
        self.whole_family_known |= case.source in {"veilig_thuis", "wijkteam"}

    def happened(self, event: Event) -> None:
        """Note an event."""
        if event.source not in self.sources:
            self.sources.append(event.source)
        if event.kind == "conditions":
            self.version = event.attributes["version"]

    def facts(self) -> dict[str, str]:
        """What ``when`` may ask of the family: whether Veilig Thuis has set conditions."""
        return {"_conditions": "yes" if self.version else "no"}


def involvement(view: View) -> str:
    """Earlier involvement of Veilig Thuis, in the seven classes of CBS table 85361NED."""
    if view.rng.random() < view.lives.unclassified:
        return "NIET_INGEDEELD"
    for case in view.reports:
        if "assessment" not in case.done and view.day - case.done["report"] < timedelta(days=60):
            return "VERVOLG_BEOORDELING"
        if "service_start" in case.done and "service_end" not in case.done:
            return "VERVOLG_NA_BEOORDELING"
    handed = [case.done["handover"] for case in view.reports if "handover" in case.done]
    if (
        any(view.day - when < timedelta(days=365) for when in handed)
        and view.rng.random() < view.lives.monitored_again
    ):
        return "VERVOLG_MONITORING"
    before = len(view.reports) + view.known_before
    return ("EERSTE", "HERMELDING_EEN", "HERMELDING_MEER")[min(before, 2)]


def known_version(view: View) -> str | None:
    """The version of the safety conditions that an organisation works with: mostly, not always, the newest."""
    if view.version is None:
        return None
    return view.version if view.rng.random() < 0.85 else "V1"


def participants(view: View) -> list[str]:
    """Who sits at the consultation: most of the organisations that are active, at least one."""
    active = [_PARTNER[source] for source in view.sources if source in _PARTNER]
    found = [partner for partner in active if view.rng.random() < 0.7]
    return found or active[:1] or ["JGZ"]


def areas(view: View) -> list[str]:
    """Areas of life with worries; at least one."""
    return _some(view.rng, _AREAS) or ["OPVOEDING"]


def supports(view: View) -> list[str] | None:
    """Protective factors."""
    return _some(view.rng, _SUPPORTS) or None


def _some(rng: random.Random, chances: dict[str, float]) -> list[str]:
    return [name for name, chance in chances.items() if rng.random() < chance]


def school_type(view: View) -> str:
    """Kind of school by age."""
    special = view.rng.random() < 0.08
    if view.child.age(view.day) < 12:
        return view.rng.choice(("SBO", "SO")) if special else "PO"
    if special:
        return "VSO"
    return "MBO" if view.child.age(view.day) >= 16 and view.rng.random() < 0.4 else "VO"


def childcare_type(view: View) -> str:
    """Kind of childcare by age."""
    if view.child.age(view.day) >= 4:
        return "BSO"
    return view.rng.choices(("KDV", "GASTOUDER", "VE"), (70, 15, 15))[0]


def crisis(view: View) -> str:
    """Whether care began with a crisis (COD260: 1 yes, 2 no): always in the category crisis (46)."""
    return "1" if view.drawn.get("category") == "46" or view.rng.random() < 0.04 else "2"


def police_role(view: View) -> str:
    """What someone is in an incident: a child too young to be prosecuted (under 12, article 486 Sv) is no suspect."""
    roles = {"GETUIGE_KIND": 40, "SLACHTOFFER": 28, "BETROKKENE": 26, "VERDACHTE": 6}
    if view.drawn["child_present"] == "1" and view.child.age(view.day) < 12:
        del roles["VERDACHTE"]
    return view.rng.choices(list(roles), list(roles.values()))[0]


RULES: dict[str, Callable[[View], Any]] = {
    rule.__name__: rule
    for rule in (
        involvement,
        known_version,
        participants,
        areas,
        supports,
        school_type,
        childcare_type,
        crisis,
        police_role,
    )
}
"""The rules by the name that ``lives.yml`` uses."""
