"""The history of checks: what every check said of every delivery, and the counts that later ones are compared with.

Counts, shares, ids and codes of code lists only, nothing at the level of an encoded record, in the stewards' store. A
check run that says what the newest one of its delivery said is not written again, so a stage that runs twice leaves
the same history; one that says something else (another payload, another suite) is added, and the newest counts.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from integration.names import DeliveryId
from integration.quality.compared import Profile
from integration.quality.findings import FAILED
from integration.quality.layout import is_measure
from integration.store import Store

if TYPE_CHECKING:
    from integration.quality.check import CheckResult

_META = sa.MetaData()

_RUN = sa.Table(
    "check_run",
    _META,
    sa.Column("run_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("delivery_id", sa.String(120), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    sa.Column("supplier", sa.String(12), nullable=False),
    sa.Column("municipality", sa.String(6), nullable=False),
    sa.Column("period", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("rows_in", sa.Integer),
    sa.Column("rows_ok", sa.Integer),
    sa.Column("rows_refused", sa.Integer),
    sa.Column("suite_version", sa.String(20), nullable=False),
    sa.Column("checked_at", sa.String(40), nullable=False),
    sa.UniqueConstraint("delivery_id", "number"),
)
"""One row per check run; ``number`` counts those of a delivery. Rows are unknown where the run could not read them."""

_RESULT = sa.Table(
    "check_result",
    _META,
    sa.Column("run_id", sa.Integer, sa.ForeignKey("check_run.run_id"), primary_key=True),
    sa.Column("check_id", sa.String(60), primary_key=True),
    sa.Column("column", sa.String(80), nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("weight", sa.String(10), nullable=False),
    sa.Column("result", sa.String(10), nullable=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("unexpected", sa.Integer),
    sa.Column("share", sa.Float),
    sa.Column("measured", sa.Float),
)
"""One row per check and run. ``result`` is success, failed or error (could not run); ``column`` the first it judges."""

_CODES = sa.Table(
    "code_count",
    _META,
    sa.Column("run_id", sa.Integer, sa.ForeignKey("check_run.run_id"), primary_key=True),
    sa.Column("column", sa.String(80), primary_key=True),
    sa.Column("code", sa.String(60), primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
)
"""How many accepted rows have a code in a column; an empty code is an empty field."""


@dataclass(frozen=True)
class Result:
    """What one check said of one delivery, as :class:`~integration.quality.findings.Finding` does."""

    delivery_id: str
    source: str
    supplier: str
    municipality: str
    period: str
    kind: str
    sequence: int
    check_id: str
    severity: str
    weight: str
    result: str
    n: int
    unexpected: int | None
    share: float | None
    measured: float | None
    checked_at: str

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return asdict(self)


class History:
    """The history at a SQLAlchemy URL, made when it is not there. Safe to use from several processes."""

    def __init__(self, url: str) -> None:
        self._store = Store(url, _META)

    def record(self, result: CheckResult, at: datetime) -> bool:
        """Keep what a check run said of a delivery; False when the newest run kept says the same."""
        delivery = DeliveryId.parse(result.delivery_id)
        results, codes = _result_rows(result), _code_rows(result.profile)
        run = _run_row(delivery, result)
        run["digest"] = hashlib.sha256(json.dumps([run, results, codes], sort_keys=True).encode()).hexdigest()
        newest = sa.select(_RUN.c.number, _RUN.c.digest).where(_RUN.c.delivery_id == str(delivery))
        with self._store.write() as con:
            last = con.execute(newest.order_by(_RUN.c.number.desc()).limit(1)).first()
            if last is not None and last.digest == run["digest"]:
                return False
            run |= {"number": last.number + 1 if last else 1, "checked_at": at.isoformat()}
            written = con.execute(_RUN.insert().values(run)).inserted_primary_key
            for table, rows in ((_RESULT, results), (_CODES, codes)):
                if rows and written is not None:
                    con.execute(table.insert(), [{"run_id": written[0], **row} for row in rows])
        return True

    def results(self, delivery: DeliveryId | str) -> list[Result]:
        """What the newest check run said of a delivery, by check id."""
        return self._results(_RUN.c.delivery_id == str(delivery))

    def of_check(
        self, check_id: str, source: str, *, municipality: str | None = None, supplier: str | None = None
    ) -> list[Result]:
        """What a check of a source said of each delivery, by municipality, supplier and sequence."""
        wanted = [_RESULT.c.check_id == check_id, _RUN.c.source == source]
        wanted += [_RUN.c.municipality == municipality] if municipality else []
        wanted += [_RUN.c.supplier == supplier] if supplier else []
        return self._results(*wanted)

    def _results(self, *wanted: sa.ColumnElement[bool]) -> list[Result]:
        order = (_RUN.c.municipality, _RUN.c.supplier, _RUN.c.sequence, _RESULT.c.check_id)
        query = sa.select(*_TOLD).join(_RESULT, _RESULT.c.run_id == _RUN.c.run_id)
        with self._store.read() as con:
            rows = con.execute(query.where(_newest(), *wanted).order_by(*order)).mappings()
            return [Result(**row) for row in rows]

    def earlier(
        self, delivery: DeliveryId, accepted: Collection[str], kind: str | None = None
    ) -> list[Profile]:
        """The deliveries of the same source, supplier and municipality before this one, oldest first.

        Only those among the ``accepted`` ids and, when ``kind`` is given, with a period of that kind.
        """
        wanted = [
            _RUN.c.source == delivery.source,
            _RUN.c.supplier == delivery.supplier,
            _RUN.c.municipality == delivery.municipality,
            _RUN.c.sequence < delivery.sequence,
            _RUN.c.rows_in.is_not(None),
        ]
        wanted += [_RUN.c.kind == kind] if kind else []
        with self._store.read() as con:
            query = sa.select(_RUN).where(_newest(), *wanted).order_by(_RUN.c.sequence)
            runs = [run for run in con.execute(query).mappings() if run["delivery_id"] in accepted]
            ids = [run["run_id"] for run in runs]
            codes, doubted = _codes(con, ids), _doubted(con, ids)
        return [_profile(run, codes[run["run_id"]], doubted[run["run_id"]]) for run in runs]

    def purge(self, before: str, *, dry_run: bool = False) -> dict[str, int]:
        """Remove check runs of before a day (``2021-01-01``), or only count them: deliveries by source."""
        old = sa.select(_RUN.c.run_id).where(_RUN.c.checked_at < before)
        each = sa.func.count(sa.distinct(_RUN.c.delivery_id))
        query = sa.select(_RUN.c.source, each).where(_RUN.c.checked_at < before).group_by(_RUN.c.source)
        with self._store.write() as con:
            found = {str(source): int(number) for source, number in con.execute(query)}
            if not dry_run:
                for table in (_CODES, _RESULT, _RUN):
                    con.execute(table.delete().where(table.c.run_id.in_(old)))
        return found


_TOLD = [(_RUN if name in _RUN.c else _RESULT).c[name] for name in (field.name for field in fields(Result))]


def _newest() -> sa.ColumnElement[bool]:
    """Whether a run is the newest of its delivery."""
    other = _RUN.alias()
    last = sa.select(sa.func.max(other.c.number)).where(other.c.delivery_id == _RUN.c.delivery_id)
    return _RUN.c.number == last.scalar_subquery()


def _run_row(delivery: DeliveryId, result: CheckResult) -> dict[str, Any]:
    counted = result.profile
    return {
        "delivery_id": str(delivery),
        "source": str(delivery.source),
        "supplier": str(delivery.supplier),
        "municipality": str(delivery.municipality),
        "period": delivery.period.text,
        "kind": delivery.period.kind,
        "sequence": delivery.sequence,
        "outcome": result.outcome,
        "rows_in": counted.rows_in if counted else None,
        "rows_ok": counted.rows_ok if counted else None,
        "rows_refused": counted.rows_refused if counted else None,
        "suite_version": result.suite_version,
    }


def _result_rows(result: CheckResult) -> list[dict[str, Any]]:
    return [
        {
            "check_id": found.check.id,
            "column": next(iter(found.check.columns), ""),
            "severity": found.check.severity,
            "weight": found.weight,
            "result": found.result,
            "n": found.n,
            "unexpected": found.unexpected,
            "share": found.share,
            "measured": found.measured,
        }
        for found in result.findings
    ]


def _code_rows(counted: Profile | None) -> list[dict[str, Any]]:
    codes = counted.codes if counted else {}
    return [
        {"column": column, "code": code, "n": number}
        for column, counts in sorted(codes.items())
        for code, number in sorted(counts.items())
    ]


def _codes(con: sa.Connection, runs: list[int]) -> Mapping[int, dict[str, dict[str, int]]]:
    found: dict[int, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in con.execute(sa.select(_CODES).where(_CODES.c.run_id.in_(runs))):
        found[row.run_id][row.column][row.code] = row.n
    return found


def _doubted(con: sa.Connection, runs: list[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    failed = sa.select(_RESULT).where(_RESULT.c.run_id.in_(runs), _RESULT.c.result == FAILED)
    for row in con.execute(failed).mappings():
        if is_measure(row["column"]) and row["weight"] != "info":
            found[row["run_id"]].add(row["column"])
    return found


def _profile(run: sa.RowMapping, codes: dict[str, dict[str, int]], doubted: set[str]) -> Profile:
    return Profile(
        run["delivery_id"],
        run["kind"],
        run["rows_in"],
        run["rows_ok"],
        run["rows_refused"],
        codes,
        frozenset(doubted),
    )
