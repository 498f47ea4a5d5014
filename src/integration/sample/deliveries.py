"""Everything that the suppliers of a municipality send, written while its families come in.

A :class:`Post` writes the deliveries of one municipality, some families at a time. All of them grow together, and
the bytes are the same however the families were divided.
"""

from __future__ import annotations

from collections import Counter

import yaml

from integration.names import Period
from integration.sample.declare_deliveries import Defects, DeliveryDefect, SupplierRules
from integration.sample.defects import TWICE, Planter
from integration.sample.delivery import Delivery, Kept, Tables
from integration.sample.model import MARK, Population, Record
from integration.sample.suppliers import Sender, senders
from integration.storage import Zones

__all__ = ["Post", "Tables", "wrong"]


def wrong(sender: Sender, period: Period, planned: Defects | None) -> DeliveryDefect | None:
    """What is planned to be wrong with the delivery of a period as a whole."""
    for plan in planned.deliveries if planned else ():
        if (plan.source, plan.municipality) == (sender.source, sender.municipality):
            later = plan.lasts and period.start is not None and period.end >= Period.parse(plan.period).end
            if plan.period == period.text or later:
                return plan
    return None


class Post:
    """Writes the supplier files of one municipality and all its deliveries.

    ``name`` is what the municipality is called in the names of suppliers (its own name when not given), ``encoding``
    replaces everybody's; ``inhabitants`` decides how many rows are agreed. ``rows`` counts the rows written by source.
    """

    def __init__(self, zones: Zones, municipality: str, rules: SupplierRules, planned: Defects | None, seed: int, *,
                 name: str | None = None, encoding: str | None = None,
                 inhabitants: float | None = None) -> None:  # fmt: skip
        self.rows: Counter[str] = Counter()
        self._planter = Planter(planned, seed)
        self._open: dict[str, list[Delivery]] = {}
        zones.suppliers.mkdir(parents=True, exist_ok=True)
        for sender in senders(rules, municipality, name=name, encoding=encoding):
            text = yaml.safe_dump(sender.file(inhabitants), allow_unicode=True, sort_keys=False)
            (zones.suppliers / f"{sender.code}.yml").write_text(
                f"# {MARK}: invented.\n{text}", encoding="utf-8"
            )
            twice = self._planter.rate(TWICE, sender.source)
            self._open[sender.source] = [
                Delivery(sender, place, wrong(sender, period, planned), zones.inbox, seed, twice)
                for place, period in enumerate(sender.periods())
            ]

    def add(self, records: list[Record], people: Population, reported: set[int]) -> Tables:
        """Write the rows of the records of some families; return the truth rows of records and defects.

        ``people`` knows these families; ``reported`` holds those known to Veilig Thuis. Give each record once, and
        families in the order of their numbers.
        """
        self._planter.reported = reported
        tables: Tables = {"records": [], "defects": []}
        for record in sorted(records, key=lambda one: one.gezin.id):
            second = self._planter.again(record)
            for kept in (Kept(record), Kept(second, again=True)) if second else (Kept(record),):
                for delivery in self._open.get(record.source, ()):
                    status = delivery.status(kept)
                    if status:
                        delivery.put(delivery.line(kept, status, people, self._planter), tables)
        for delivery in self._deliveries():
            delivery.keep_spares(people, self._planter)
        return tables

    def close(self) -> Tables:
        """Finish all deliveries; return the truth rows of deliveries, and of rows that filled one up."""
        tables: Tables = {"records": [], "defects": [], "deliveries": []}
        for delivery in self._deliveries():
            delivery.finish(tables)
            self.rows[delivery.sender.source] += delivery.payload.rows
        return tables

    def _deliveries(self) -> list[Delivery]:
        return [delivery for several in self._open.values() for delivery in several]
