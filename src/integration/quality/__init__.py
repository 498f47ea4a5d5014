"""Data quality: whether a delivery as a whole looks as it should.

What every row must be is the contract's matter and is settled when a delivery is encoded. The suites in
``expectations/<source>.json`` hold what only the whole can show: enough rows, fields that are filled, dates in
order, few refused rows. A critical failure stops a delivery; a warning passes and is shown; info is kept.

Importing this package is cheap: Great Expectations and pandas are loaded by the first check that runs.
"""

from integration.quality.check import CheckResult, ContractLoader, check_deliveries
from integration.quality.layout import Column, encoded_layout
from integration.quality.suites import Check, Suite, load_suite, suite_ids

__all__ = [
    "Check",
    "CheckResult",
    "Column",
    "ContractLoader",
    "Suite",
    "check_deliveries",
    "encoded_layout",
    "load_suite",
    "suite_ids",
]
