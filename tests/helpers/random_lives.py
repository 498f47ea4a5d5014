"""Random small truths and the records that sources would keep of them, with days chosen at the edges of windows."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from itertools import count
from typing import Any

from helpers.oracle import Happening, Truth

FIRST, LAST = date(2023, 8, 1), date(2026, 1, 31)
EDGES = (
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    13,
    14,
    15,
    30,
    59,
    60,
    61,
    62,
    89,
    90,
    91,
    119,
    120,
    179,
    180,
    181,
    364,
    365,
    366,
)
HISTORY = ("EERSTE", "HERMELDING_EEN", "HERMELDING_MEER", "VERVOLG_MONITORING")
Row = dict[str, str | None]


class Lives:
    """Some gezinnen with Veilig Thuis cases, local cases, care and other activity; truth and rows side by side."""

    def __init__(self, seed: int, gezinnen: int = 60) -> None:
        self.rng = random.Random(seed)
        self.truth = Truth([])
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.members: list[Row] = []
        self._cases = count(1)
        for gezin in range(1, gezinnen + 1):
            self._live(gezin)

    def _live(self, gezin: int) -> None:
        children = [f"kind{gezin}_{n}" for n in range(self.rng.choice((1, 1, 2)))]
        parent = f"ouder{gezin}"
        self.members += [{"gezin": str(gezin), "person": child, "role": "kind"} for child in children]
        self.members.append({"gezin": str(gezin), "person": parent, "role": "ouder"})
        day = FIRST + timedelta(days=self.rng.randint(0, 500))
        anchors = [day]
        for _ in range(self.rng.choice((0, 1, 1, 2, 3))):
            anchors.append(self._report(gezin, children, self._after(anchors)))
        for _ in range(self.rng.choice((0, 1, 2))):
            anchors.append(self._local_case(gezin, children, self._after(anchors)))
        for _ in range(self.rng.choice((0, 1, 2, 3))):
            self._care(gezin, self.rng.choice(children), self._after(anchors))
        for _ in range(self.rng.choice((0, 2, 4))):
            self._other(gezin, children[0], parent, self._after(anchors))
        if self.rng.random() < 0.15:
            self._leave(gezin, children, self._after(anchors))

    def _after(self, anchors: list[date]) -> date:
        return self.rng.choice(anchors) + timedelta(days=self.rng.choice(EDGES))

    def _note(self, kind: str, day: date, gezin: int, source: str, case: str, **facts: Any) -> str | None:
        """Write an event into the truth, unless it lies after the window; return the day as a source writes it."""
        if day > LAST:
            return None
        self.truth.events.append(Happening(kind, day, gezin, source, case, facts=facts))
        return day.isoformat()

    def _report(self, gezin: int, children: list[str], day: date) -> date:
        case, pick = f"m{next(self._cases)}", self.rng.choice
        history, step = pick(HISTORY), lambda *days: day + timedelta(days=pick(days))
        made = self._note("report", day, gezin, "veilig_thuis", case, eerdere_betrokkenheid=history)
        if made is None:
            return day
        row: Row = {"case": case, "melding_datum": made, "eerdere_betrokkenheid": history, "dienst": "GEEN"}
        assessed = self.rng.random() < 0.9
        row["beoordeling_datum"] = (
            self._note("assessment", step(3, 6, 7, 8, 9, 11), gezin, "veilig_thuis", case)
            if assessed
            else None
        )
        row["beoordeling_uitkomst"] = "VT_VERVOLG" if row["beoordeling_datum"] else "NOG_NIET"
        if self.rng.random() < 0.6 and (
            started := self._note("service_start", step(9, 12), gezin, "veilig_thuis", case)
        ):
            row |= {"dienst": pick(("ONDERZOEK", "VOORWAARDEN_VERVOLG")), "dienst_start": started}
            if self.rng.random() < 0.8:
                row["veiligheidsvoorwaarden_datum"] = self._note(
                    "conditions", step(20, 30, 31), gezin, "veilig_thuis", case
                )
        handed = step(20, 30)
        to = pick(("WIJKTEAM", "JEUGDHULP", "GI", "OVERIG"))
        if self.rng.random() < 0.8 and (
            shown := self._note("handover", handed, gezin, "veilig_thuis", case, to=to)
        ):
            row |= {"overdracht_datum": shown, "overdracht_aan": to}
        self.rows["veilig_thuis"] += [{"kind": child, **row} for child in children]
        return handed

    def _local_case(self, gezin: int, children: list[str], day: date) -> date:
        case, step = f"w{next(self._cases)}", lambda: day + timedelta(days=self.rng.choice(EDGES))
        opened = self._note("intake", day, gezin, "wijkteam", case)
        if opened is None:
            return day
        row: Row = {"case": case, "aanmeld_datum": opened}
        if self.rng.random() < 0.5:
            row["ontvangst_overdracht_vt"] = self._note("receipt", step(), gezin, "wijkteam", case)
        if self.rng.random() < 0.8:
            row["eerste_contact_datum"] = self._note("first_contact", step(), gezin, "wijkteam", case)
        days = [
            self._note("contact", step(), gezin, "wijkteam", case)
            for _ in range(self.rng.choice((0, 3, 6, 9)))
        ]
        row["contactmomenten"] = ",".join(shown for shown in days if shown) or None
        if self.rng.random() < 0.5:
            to = self.rng.choice(("JEUGDHULP", "GGZ", "TERUG_VERWIJZER"))
            shown = self._note("referral", step(), gezin, "wijkteam", case, to=to)
            row |= {"doorverwijzing_datum": shown, "doorverwijzing_naar": to if shown else "GEEN"}
        closed = day + timedelta(days=self.rng.choice((30, 61, 120, 200)))
        safety = self.rng.choice(("STABIEL_VEILIG", "NIET_BEOORDEELD"))
        if self.rng.random() < 0.6 and (
            shown := self._note("closure", closed, gezin, "wijkteam", case, safety=safety)
        ):
            row |= {"afsluit_datum": shown, "afsluit_veiligheid": safety}
        self.rows["wijkteam"] += [{"kind": child, **row} for child in children]
        return closed

    def _care(self, gezin: int, child: str, day: date) -> None:
        case, step = f"t{next(self._cases)}", lambda: day + timedelta(days=self.rng.choice(EDGES))
        assigned = self._note("care_assignment", day, gezin, "jeugdhulp", case)
        if assigned is None:
            return
        row: Row = {"kind": child, "toewijzingnummer": case, "toewijzing_datum": assigned}
        if self.rng.random() < 0.9:
            row["start_datum"] = self._note("care_start", step(), gezin, "jeugdhulp", case)
        reason = self.rng.choice(("31", "38"))
        if self.rng.random() < 0.7 and (
            shown := self._note("care_stop", step(), gezin, "jeugdhulp", case, reason=reason)
        ):
            row |= {"stop_datum": shown, "reden_beeindiging": reason}
        self.rows["jeugdhulp"].append(row)

    def _other(self, gezin: int, child: str, parent: str, day: date) -> None:
        case, source = (
            f"o{next(self._cases)}",
            self.rng.choice(("onderwijs", "huisarts", "politie", "kinderopvang")),
        )
        kind = {"onderwijs": "absence", "politie": "incident"}.get(source, "signal")
        shown = self._note(kind, day, gezin, source, case)
        if shown is None:
            return
        self.rows[source].append(
            {
                "onderwijs": {"kind": child, "verzuim_begin": shown},
                "politie": {"kind": child, "incident_datum": shown},
                "kinderopvang": {"kind": child, "signaal_datum": shown},
                "huisarts": {"patient": parent, "patient_rol": "OUDER", "contact_datum": shown},
            }[source]
        )

    def _leave(self, gezin: int, children: list[str], day: date) -> None:
        if day > LAST:
            return
        shown = self._note("absence", day, gezin, "onderwijs", f"o{next(self._cases)}")
        self.truth.departures[gezin] = day
        self.rows["onderwijs"].append({"kind": children[-1], "verzuim_begin": shown, "vertrek_datum": shown})
