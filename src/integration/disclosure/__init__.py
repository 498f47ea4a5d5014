"""What managers may see: primary and simple complementary protection of the indicators.

Pure functions: rows of ``indicators.result`` in, cells that may be published out. Nothing here reads or
writes the installation's data; the rules and where they come from are told in
``docs/reference/release.md``.
"""

from integration.disclosure.cells import Cell, Count, CountState, ValueState, Verdict
from integration.disclosure.counts import BASE, THRESHOLD, publish_count, round_to_base
from integration.disclosure.protect import CLOSING_DAYS, TOTAL, Protected, protect, protect_counts
from integration.disclosure.tables import Table, load_tables

__all__ = [
    "BASE",
    "CLOSING_DAYS",
    "THRESHOLD",
    "TOTAL",
    "Cell",
    "Count",
    "CountState",
    "Protected",
    "Table",
    "ValueState",
    "Verdict",
    "load_tables",
    "protect",
    "protect_counts",
    "publish_count",
    "round_to_base",
]
