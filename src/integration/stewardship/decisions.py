"""What stewards decided about deliveries: one row a decision, never changed, in a transactional store.

A decision answers one event of the ledger: the one that asked for it. For each event there are at most two seats, the
second for whoever confirms where four eyes are asked for; the store itself keeps a seat from being taken twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.store import Store, append_only

ACCEPT, WAIVE, REJECT, REDELIVER = "accept", "waive", "reject", "redeliver"
RECHECK, REPLAY, REOPEN = "recheck", "replay", "reopen"
KINDS = (ACCEPT, WAIVE, REJECT, REDELIVER, RECHECK, REPLAY, REOPEN)
"""Accept this delivery; accept it with a waiver that lasts; reject it; ask for another; check it again as it is;
read it again from its sealed file; take a rejected one up again."""
ADMITTING = (ACCEPT, WAIVE)
"""The kinds that let through what a critical check stopped: four eyes where the contract asks."""

_META = sa.MetaData()
_DECISION = append_only(
    sa.Table(
        "decision",
        _META,
        sa.Column("decision_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("delivery_id", sa.String(120), nullable=False, index=True),
        sa.Column("event", sa.Integer, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("explanation", sa.String(500), nullable=False),
        sa.Column("checks", sa.Text, nullable=False),
        sa.Column("ends_on", sa.String(10)),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.UniqueConstraint("delivery_id", "event", "seat"),
    )
)
FIRST, SECOND = 1, 2


@dataclass(frozen=True)
class Decision:
    """One decision: about which delivery, answering which event of the ledger, in which seat; what, why, by whom, when.

    ``checks`` are the ids of the checks that a waiver lets pass, ``ends_on`` the last day on which it counts.
    """

    delivery_id: str
    event: int
    seat: int
    kind: str
    reason: Reason
    explanation: str
    by: str
    role: str
    at: datetime
    checks: tuple[str, ...] = ()
    ends_on: date | None = None
    number: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The decision as plain data."""
        return vars(self) | {
            "reason": self.reason.value,
            "checks": list(self.checks),
            "at": self.at.isoformat(),
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
        }


class Decisions:
    """The decisions at a SQLAlchemy URL. Safe to use from several processes."""

    def __init__(self, url: str) -> None:
        self._store = Store(url, _META)

    def add(self, decision: Decision) -> Decision:
        """Write one more decision; returns it with its number.

        Raises :class:`IntegrationError` (DECISION_TAKEN) when somebody else took this seat first.
        """
        row = decision.as_dict() | {"checks": json.dumps(decision.checks)}
        row.pop("number")
        try:
            with self._store.write() as con:
                number = con.execute(_DECISION.insert().values(row)).inserted_primary_key
        except sa.exc.IntegrityError:
            raise IntegrationError(Reason.DECISION_TAKEN, decision.delivery_id) from None
        return Decision(**vars(decision) | {"number": int(number[0]) if number else 0})

    def answering(self, delivery_id: str, event: int) -> list[Decision]:
        """The decisions that answer one event, by seat."""
        return self._select(_DECISION.c.delivery_id == delivery_id, _DECISION.c.event == event)

    def about(self, delivery_id: str) -> list[Decision]:
        """All decisions about a delivery, oldest first."""
        return self._select(_DECISION.c.delivery_id == delivery_id)

    def all(self) -> list[Decision]:
        """All decisions, oldest first."""
        return self._select()

    def waivers(self, on: date) -> list[Decision]:
        """The decisions with a waiver that has not ended on a day."""
        return self._select(_DECISION.c.kind == WAIVE, _DECISION.c.ends_on >= on.isoformat())

    def _select(self, *conditions: Any) -> list[Decision]:
        query = sa.select(_DECISION).where(*conditions).order_by(_DECISION.c.decision_id)
        with self._store.read() as con:
            return [_decision(dict(row)) for row in con.execute(query).mappings()]


def _decision(row: Mapping[str, Any]) -> Decision:
    content = dict(row)
    ends_on = content.pop("ends_on")
    return Decision(
        **content
        | {
            "number": content.pop("decision_id"),
            "reason": Reason[content["reason"]],
            "checks": tuple(json.loads(content["checks"])),
            "at": datetime.fromisoformat(content["at"]),
            "ends_on": date.fromisoformat(ends_on) if ends_on else None,
        }
    )
