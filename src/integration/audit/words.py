"""The codes that audit lines are made of: no line holds free text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PROCESSING, ACCESS = "processing", "access"
LOGS = (PROCESSING, ACCESS)
"""What was processed, and who looked; joined by processing id."""

BEGUN, ENDED, LOOKED, SET_ASIDE = "begun", "ended", "looked", "set-aside"
EVENTS = (BEGUN, ENDED, LOOKED, SET_ASIDE)
"""A stage begins and ends; a person looks; a torn last line is set aside."""

OUTCOMES = (
    "received", "encoded", "checked", "loaded", "held", "quarantined",
    "done", "unchanged", "failed", "shown", "changed", "refused", "set-aside",
)  # fmt: skip
"""What came of it: a delivery's state (see the ledger), or what a stage, a look or the log itself came to."""


class Purpose(StrEnum):
    """What something was done for."""

    INTAKE = "intake"
    """Take deliveries in, remove identifiers, check and keep them."""
    PICTURE = "network-picture"
    """Link records into persons and families, and put their facts side by side."""
    FIGURES = "oversight-figures"
    """Calculate, protect and publish the indicators of network quality."""
    STEWARDSHIP = "stewardship"
    """See how deliveries and runs stand, and mend what was refused."""
    SAFETY = "family-safety"
    """Look at one family's picture, for its safety."""
    RIGHTS = "subject-rights"
    """Answer a person who asks for erasure, objection, restriction or an export."""
    KEYS = "key-management"
    """Give everything new keys, or end what a key was for."""
    RETENTION = "retention"
    """Remove what was kept for as long as it may be."""
    OVERSIGHT = "audit"
    """Keep the audit log itself right."""


@dataclass(frozen=True)
class StageRule:
    """How a stage of the line is told: what it works on, what for, whether it uses keys, whether heads follow."""

    kind: str
    purpose: Purpose
    keyed: bool = False
    heads: bool = False


STAGES = {
    "receive": StageRule("inbox", Purpose.INTAKE),
    "encode": StageRule("delivery", Purpose.INTAKE, keyed=True),
    "check": StageRule("delivery", Purpose.INTAKE),
    "settle": StageRule("delivery", Purpose.STEWARDSHIP),
    "load": StageRule("delivery", Purpose.INTAKE),
    "link": StageRule("domain", Purpose.PICTURE, keyed=True),
    "model": StageRule("domain", Purpose.PICTURE),
    "check_model": StageRule("domain", Purpose.PICTURE),
    "overview": StageRule("domain", Purpose.PICTURE),
    "indicators": StageRule("domain", Purpose.FIGURES, keyed=True, heads=True),
    "release": StageRule("release", Purpose.FIGURES, heads=True),
    "purge": StageRule("retention", Purpose.RETENTION, heads=True),
}
"""Every stage of the line. A test holds them equal to the pipeline and to what a run writes."""

KEY_ACTIONS = {
    "keys.rotate": StageRule("key", Purpose.KEYS, keyed=True, heads=True),
    "keys.destroy": StageRule("key", Purpose.KEYS, keyed=True, heads=True),
    "keys.rewrap": StageRule("key", Purpose.KEYS, keyed=True),
}
"""What is done to keys; told as the stages are, of the key version and of each domain that it re-keys."""
LINKAGE_ACTIONS = {
    "linkage.train": StageRule("domain", Purpose.STEWARDSHIP),
    "linkage.undo": StageRule("domain", Purpose.STEWARDSHIP),
    "linkage.review": StageRule("domain", Purpose.STEWARDSHIP),
}
"""What is done to a domain's linkage by hand; reading its history is a look (``access``)."""
STEWARD_ACTIONS = {"quality.decide": StageRule("delivery", Purpose.STEWARDSHIP)}
"""What a steward decides about a delivery; carrying it out is the stage ``settle``."""
RIGHTS = {
    name: StageRule("domain", Purpose.RIGHTS, keyed=True, heads=True)
    for name in ("subject.apply", "subject.erase", "subject.object", "subject.restrict", "subject.unrestrict")
}
"""What is done to a person's data at their request; finding and exporting are looks (``access``)."""
