"""Retention: what was kept for as long as it may be is removed, by the one clock, and counted.

Raw, quarantine, staging, linked and the audit logs each have a term, the shorter of the settings' and that of the
contract the data came under. What still waits to be encoded, checked or loaded is never removed, only counted.
Every step can be done again: a crash leaves data that the next purge removes. (docs/reference/retention.md)
"""

from __future__ import annotations

from integration.retention.purging import purge
from integration.retention.result import Count, PurgeResult
from integration.retention.terms import Terms, terms

__all__ = ["Count", "PurgeResult", "Terms", "purge", "terms"]
