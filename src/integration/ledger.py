"""The append-only ledger: what happened to every delivery, in order, exactly once.

Two tables: ``delivery`` (one row per accepted delivery, unique) and ``event`` (one row per step; never changed).
Rows hold ids, counts and reason codes; never a value from the data. SQLite by default, PostgreSQL by URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from integration.names import DeliveryId
from integration.reasons import Reason
from integration.store import Store

_META = sa.MetaData()

_DELIVERY = sa.Table(
    "delivery",
    _META,
    sa.Column("delivery_id", sa.String(120), primary_key=True),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("supplier", sa.String(12), nullable=False),
    sa.Column("municipality", sa.String(6), nullable=False),
    sa.Column("period", sa.String(20), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("arrived_at", sa.String(40), nullable=False),
    sa.UniqueConstraint("supplier", "municipality", "sequence"),
)

_EVENT = sa.Table(
    "event",
    _META,
    sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("subject", sa.String(160), nullable=False, index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
)

STATES = ("received", "encoded", "checked", "loaded", "held", "quarantined")
"""What can be said of a delivery; its state is that of its newest event. ``held`` waits for a steward's decision."""


@dataclass(frozen=True)
class Entry:
    """A delivery as the ledger knows it: identity, newest state, reason and event, and the facts of all its events."""

    subject: str
    source: str
    supplier: str
    municipality: str
    period: str
    sequence: int
    sha256: str
    rows: int
    arrived_at: str
    state: str
    reason: Reason | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    event: int = 0

    @property
    def came_at(self) -> str:
        """When what is held came (ISO 8601): of a delivery that was sent again, the second time."""
        return str(self.facts.get("came_at", self.arrived_at))

    @property
    def delivery(self) -> DeliveryId:
        """The delivery's id; only for deliveries that were accepted at receipt."""
        return DeliveryId.parse(self.subject)


class Ledger:
    """Opens (and makes) the ledger at a SQLAlchemy URL. Safe to use from several processes."""

    def __init__(self, url: str) -> None:
        self._store = Store(url, _META)

    def register(
        self,
        delivery: DeliveryId,
        *,
        sha256: str,
        rows: int,
        arrived_at: datetime,
        at: datetime,
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Take a delivery in, with its ``received`` event (and its ``facts``); False when its place was taken.

        Its place is its id, and its sequence number with its supplier and municipality.
        """
        row = {
            "delivery_id": str(delivery),
            "source": delivery.source,
            "supplier": delivery.supplier,
            "municipality": delivery.municipality,
            "period": delivery.period.text,
            "sequence": delivery.sequence,
            "sha256": sha256,
            "rows": rows,
            "arrived_at": arrived_at.isoformat(),
        }
        try:
            with self._store.write() as con:
                con.execute(_DELIVERY.insert().values(row))
                self._event(con, str(delivery), "received", None, at, {"rows": rows, **(facts or {})})
        except sa.exc.IntegrityError:
            return False
        return True

    def append(
        self,
        subject: DeliveryId | str,
        state: str,
        *,
        at: datetime,
        reason: Reason | None = None,
        facts: Mapping[str, Any] | None = None,
        after: int | None = None,
    ) -> bool:
        """Add an event. ``subject`` is a delivery's id or, for one never accepted, its quarantine id.

        With ``after`` it is added only while that is the subject's newest event; returns whether it was added.
        """
        with self._store.write() as con:
            if after is not None and self._last(con, str(subject)) != after:
                return False
            self._event(con, str(subject), state, reason, at, facts or {})
        return True

    @staticmethod
    def _last(con: sa.Connection, subject: str) -> int:
        """The number of a delivery's newest event; others that ask so wait until this transaction is over."""
        con.execute(
            sa.select(_DELIVERY.c.delivery_id).where(_DELIVERY.c.delivery_id == subject).with_for_update()
        )
        newest = sa.select(sa.func.max(_EVENT.c.event_id)).where(_EVENT.c.subject == subject)
        return int(con.execute(newest).scalar() or 0)

    def _event(
        self,
        con: sa.Connection,
        subject: str,
        state: str,
        reason: Reason | None,
        at: datetime,
        facts: Mapping[str, Any],
    ) -> None:
        if state not in STATES:
            raise ValueError("unknown state")
        text = json.dumps(dict(facts), sort_keys=True, default=str)
        con.execute(
            _EVENT.insert().values(
                subject=subject,
                state=state,
                reason=reason.value if reason else None,
                at=at.isoformat(),
                facts=text,
            )
        )

    def entries(
        self, *, source: str | None = None, municipality: str | None = None, state: str | None = None
    ) -> list[Entry]:
        """Deliveries that were taken in, with their newest state, ordered by id."""
        asked = ((_DELIVERY.c.source, source), (_DELIVERY.c.municipality, municipality))
        wanted = [column == value for column, value in asked if value]
        query = sa.select(_DELIVERY).where(*wanted).order_by(_DELIVERY.c.delivery_id)
        with self._store.read() as con:
            rows = con.execute(query).mappings().all()
            events = self._newest(con, sa.select(_DELIVERY.c.delivery_id).where(*wanted))
        found = [
            _entry(dict(row), events[row["delivery_id"]]) for row in rows if row["delivery_id"] in events
        ]
        return [entry for entry in found if state is None or entry.state == state]

    def entry(self, delivery: DeliveryId | str) -> Entry | None:
        """One delivery, or None when it was never taken in."""
        with self._store.read() as con:
            row = (
                con.execute(sa.select(_DELIVERY).where(_DELIVERY.c.delivery_id == str(delivery)))
                .mappings()
                .first()
            )
            if row is None:
                return None
            return _entry(dict(row), self._newest(con, [str(delivery)])[str(delivery)])

    def last_sequence(self, supplier: str, municipality: str) -> int:
        """The highest sequence number taken in from a supplier for a municipality; 0 when none."""
        query = sa.select(sa.func.max(_DELIVERY.c.sequence)).where(
            _DELIVERY.c.supplier == supplier, _DELIVERY.c.municipality == municipality
        )
        with self._store.read() as con:
            return int(con.execute(query).scalar() or 0)

    def quarantined(self) -> list[dict[str, Any]]:
        """Every delivery refused at receipt: quarantine id, reason, moment and facts, in order of arrival."""
        query = (
            sa.select(_EVENT)
            .where(
                _EVENT.c.state == "quarantined", _EVENT.c.subject.not_in(sa.select(_DELIVERY.c.delivery_id))
            )
            .order_by(_EVENT.c.event_id)
        )
        with self._store.read() as con:
            rows = con.execute(query).mappings().all()
        return [
            {"subject": r["subject"], "reason": r["reason"], "at": r["at"], **json.loads(r["facts"])}
            for r in rows
        ]

    def events(self, subject: DeliveryId | str) -> list[dict[str, Any]]:
        """All events of one subject, oldest first."""
        query = sa.select(_EVENT).where(_EVENT.c.subject == str(subject)).order_by(_EVENT.c.event_id)
        with self._store.read() as con:
            return [{**dict(r), "facts": json.loads(r["facts"])} for r in con.execute(query).mappings()]

    @staticmethod
    def _newest(con: sa.Connection, subjects: sa.Select[Any] | list[str]) -> dict[str, dict[str, Any]]:
        query = sa.select(_EVENT).where(_EVENT.c.subject.in_(subjects)).order_by(_EVENT.c.event_id)
        newest: dict[str, dict[str, Any]] = {}
        for row in con.execute(query).mappings():
            facts = {**newest.get(row["subject"], {}).get("facts", {}), **json.loads(row["facts"])}
            newest[row["subject"]] = {
                "state": row["state"],
                "reason": row["reason"],
                "facts": facts,
                "event": row["event_id"],
            }
        return newest


def _entry(row: dict[str, Any], newest: dict[str, Any]) -> Entry:
    """A delivery with what its events say since: one that was sent again has the second payload's facts."""
    facts = newest["facts"]
    resent = {name: facts[name] for name in ("sha256", "rows") if name in facts}
    return Entry(
        subject=row.pop("delivery_id"),
        **row | resent,
        state=newest["state"],
        reason=Reason[newest["reason"]] if newest["reason"] else None,
        facts=facts,
        event=newest["event"],
    )
