"""The audit log: what was processed and who looked, in a form that shows when it was changed.

Two append-only logs of canonical JSON lines, each line holding the hash of the one before; heads signed with
Ed25519 that others can hold. ``recording`` writes, ``verify`` checks, ``attack`` tries to get an edit past it.
Fields, files and limits: docs/reference/audit.md.
"""

from __future__ import annotations

from integration.audit.lines import is_case
from integration.audit.recording import (
    kept_from,
    looked,
    processing,
    purge_logs,
    sign_heads,
    sign_or_tell,
    stage,
    subject_token,
)
from integration.audit.telling import End
from integration.audit.verify import Finding, Kind, Report, verify
from integration.audit.words import STAGES, Purpose

__all__ = [
    "STAGES",
    "End",
    "Finding",
    "Kind",
    "Purpose",
    "Report",
    "is_case",
    "kept_from",
    "looked",
    "processing",
    "purge_logs",
    "sign_heads",
    "sign_or_tell",
    "stage",
    "subject_token",
    "verify",
]
