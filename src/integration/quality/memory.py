"""What the receiver knows beside a delivery: earlier ones from the history, and what its supplier file agrees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from integration.contracts import expected_periods, load_contract, load_supplier
from integration.errors import DeclarationError
from integration.ledger import Entry, Ledger
from integration.names import DeliveryId
from integration.quality.check import CheckResult
from integration.quality.compared import Agreed, Comparer, Profile, measures
from integration.quality.frame import Measure
from integration.quality.history import History
from integration.quality.layout import distributed
from integration.reasons import Reason
from integration.settings import AMSTERDAM, Settings

if TYPE_CHECKING:
    from integration.contracts import Supplier

ACCEPTED = frozenset({"checked", "loaded"})
"""States of deliveries that others are compared with: not those that were refused or wait for a decision."""


class Memory:
    """Compares deliveries with what was before them, and remembers each as soon as it was checked."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger
        self._history = History(settings.stewardship())
        self._just_passed: set[str] = set()

    def compare(self, delivery: DeliveryId) -> Comparer:
        """What takes a delivery's measures. Of a supplier without a file nothing is agreed.

        It raises :class:`~integration.errors.DeclarationError` (SUPPLIER_INVALID) when the file cannot be used.
        """

        def take(now: Profile) -> Mapping[str, Measure]:
            known = self._ledger.entries(source=delivery.source, municipality=delivery.municipality)
            accepted = {entry.subject for entry in known if entry.state in ACCEPTED} | self._just_passed
            earlier = self._history.earlier(delivery, accepted)
            entry = next((one for one in known if one.subject == now.delivery_id), None)
            return measures(
                now, earlier, self._agreed(delivery, entry), distributed(load_contract(delivery.source))
            )

        return take

    def remember(self, result: CheckResult) -> None:
        """Write what a check said in the history; what passed counts for the next delivery of this run."""
        self._history.record(result, self._settings.now())
        if result.outcome in {"passed", "warned"}:
            self._just_passed.add(result.delivery_id)

    def _agreed(self, delivery: DeliveryId, entry: Entry | None) -> Agreed:
        try:
            supplier = load_supplier(self._settings.zones, delivery.supplier)
        except DeclarationError as error:
            if error.reason is Reason.SUPPLIER_UNKNOWN:
                return Agreed()
            raise
        return agreed_with(supplier, delivery, entry.came_at if entry else None)


def agreed_with(supplier: Supplier, delivery: DeliveryId, arrived_at: str | None) -> Agreed:
    """What a supplier file says of a delivery that arrived at a moment (ISO 8601)."""
    due = {period.text: day for period, day in expected_periods(supplier, delivery.period.end)}
    arrived = datetime.fromisoformat(arrived_at).astimezone(AMSTERDAM).date() if arrived_at else None
    return Agreed(arrived, due.get(delivery.period.text), supplier.agreed_rows(delivery.period))
