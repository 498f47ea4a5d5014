"""What a supplier and a steward are told of one delivery, in Dutch: without a value, in counts and row numbers.

``material`` reads what both reports are made of, ``mirror`` says how each field was filled, ``verdict`` what cannot
be, ``rows`` where, and ``redelivery`` asks for a better one. These give data; ``page`` and ``files`` write it.
"""

from integration.quality.reports.files import write_reports, write_rows
from integration.quality.reports.material import Counts, Material, read_material
from integration.quality.reports.mirror import FieldMirror, Mirror, mirror
from integration.quality.reports.redelivery import (
    Redelivery,
    ask_again,
    ask_again_purged,
    ask_again_refused,
    message,
)
from integration.quality.reports.rows import RowFinding, row_findings
from integration.quality.reports.verdict import CheckLine, QualityReport, ReasonLine, quality_report

__all__ = [
    "CheckLine",
    "Counts",
    "FieldMirror",
    "Material",
    "Mirror",
    "QualityReport",
    "ReasonLine",
    "Redelivery",
    "RowFinding",
    "ask_again",
    "ask_again_purged",
    "ask_again_refused",
    "message",
    "mirror",
    "quality_report",
    "read_material",
    "row_findings",
    "write_reports",
    "write_rows",
]
