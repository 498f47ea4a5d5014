"""Suites as they lie in ``expectations/<name>.json``: Great Expectations 1.x JSON, read strictly.

Each expectation carries its severity and, under ``meta``, a stable ``id``, a note in Dutch and English and, where
a share over a few rows is noise, ``minimum_rows``. Only expectation types that cannot give away a value by what
they observe are allowed: all of them are settled by counting rows. Reading needs no Great Expectations.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from integration.errors import DeclarationError
from integration.quality.layout import Column
from integration.quality.rules import RULES, problem_with
from integration.reasons import Reason
from integration.storage import resource

SEVERITIES = ("critical", "warning", "info")
"""Critical stops a delivery, warning passes and is shown, info is kept for comparison."""

_ID = re.compile(r"[a-z][a-z0-9_]{2,59}")
_META = {"id", "nl", "en", "minimum_rows"}


@dataclass(frozen=True)
class Check:
    """One expectation of a suite.

    ``type`` and ``kwargs`` are Great Expectations' own. ``minimum_rows`` is the number of rows the check must
    rest on before its severity counts; over fewer rows its result is kept as info (0: it always counts). ``nl``
    and ``en`` say in a sentence what should hold.
    """

    id: str
    type: str
    kwargs: Mapping[str, Any]
    severity: str
    nl: str
    en: str
    minimum_rows: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the check reads: those it judges first, then those that select its rows."""
        judged = [self.kwargs[key] for key in RULES[self.type].columns]
        return tuple(dict.fromkeys([*judged, *condition_columns(self.kwargs.get("row_condition"))]))

    @property
    def threshold(self) -> float | None:
        """The share of rows that must hold, where the expectation has one (1.0 when every row must)."""
        return float(self.kwargs.get("mostly", 1.0)) if RULES[self.type].per_row else None


@dataclass(frozen=True)
class Suite:
    """A suite: its checks, and the columns that are knowingly unchecked with the reason why (``unchecked``)."""

    name: str
    version: str
    nl: str
    en: str
    checks: tuple[Check, ...]
    unchecked: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column that a check of this suite reads."""
        return frozenset(name for check in self.checks for name in check.columns)

    def check(self, check_id: str) -> Check:
        """The check with this id; raise :class:`KeyError` when the suite has none."""
        return {check.id: check for check in self.checks}[check_id]


def suite_ids(folder: Path | None = None) -> list[str]:
    """The names of the suites there are, sorted; from file names only."""
    return sorted(path.stem for path in (folder or resource("expectations")).glob("*.json"))


def load_suite(name: str, columns: Mapping[str, Column], folder: Path | None = None) -> Suite:
    """Read the suite ``name`` and hold it against the columns it may speak of.

    Raises :class:`~integration.errors.DeclarationError` (SUITE_INVALID) for an unknown or value-leaking
    expectation type, an unknown column, code or argument, a missing note, severity or id, or an id used twice.
    """
    suite = read_suite(name, folder)
    _hold_against(f"{name}.json", suite, columns)
    return suite


def read_suite(name: str, folder: Path | None = None) -> Suite:
    """Read the suite ``name`` for what it says of itself, without its columns; raises as :func:`load_suite` does."""
    path = (folder or resource("expectations")) / f"{name}.json"
    try:
        content = path.read_bytes()
        document = json.loads(content)
    except (OSError, ValueError):
        raise _refused(path.name, "the file is absent or not JSON") from None
    suite = _suite(path.name, document, hashlib.sha256(content).hexdigest())
    if suite.name != name:
        raise _refused(path.name, "the suite's name is not its file's")
    return suite


def _suite(file: str, document: Any, digest: str) -> Suite:
    try:
        meta = document["meta"]
        checks = tuple(_check(file, item) for item in document["expectations"])
        suite = Suite(
            name=document["name"],
            version=meta["version"],
            nl=meta["nl"],
            en=meta["en"],
            checks=checks,
            unchecked=dict(meta.get("unchecked", {})),
            sha256=digest,
        )
    except (KeyError, TypeError, ValueError):
        raise _refused(file, "name, meta (version, nl, en) or expectations is missing or misshapen") from None
    ids = [check.id for check in checks]
    twice = sorted({check_id for check_id in ids if ids.count(check_id) > 1})
    if twice or not checks:
        raise _refused(file, f"ids used twice: {', '.join(twice)}" if twice else "there are no expectations")
    return suite


def _check(file: str, item: Any) -> Check:
    try:
        kind, kwargs, severity, meta = item["type"], item["kwargs"], item["severity"], item["meta"]
        check_id, minimum = meta["id"], meta.get("minimum_rows", 0)
    except (KeyError, TypeError, AttributeError):
        raise _refused(file, "an expectation lacks type, kwargs, severity or meta.id") from None
    if not isinstance(check_id, str) or not _ID.fullmatch(check_id):
        raise _refused(file, "an id is not lower case letters, digits and underscores")
    if kind not in RULES:
        raise _refused(file, "the expectation type is unknown or may show values", check_id)
    if severity not in SEVERITIES:
        raise _refused(file, f"the severity is not one of {', '.join(SEVERITIES)}", check_id)
    if set(item) != {"type", "kwargs", "severity", "meta"} or not set(meta) <= _META:
        understood = "type, kwargs, severity and meta (id, nl, en, minimum_rows)"
        raise _refused(file, f"an expectation is {understood}, nothing else", check_id)
    if not all(isinstance(meta.get(note), str) and meta[note].strip() for note in ("nl", "en")):
        raise _refused(file, "the note in Dutch or English is missing", check_id)
    if not isinstance(minimum, int) or isinstance(minimum, bool) or minimum < 0:
        raise _refused(file, "minimum_rows is not a whole number from 0", check_id)
    return Check(check_id, kind, kwargs, severity, meta["nl"], meta["en"], minimum)


def _hold_against(file: str, suite: Suite, columns: Mapping[str, Column]) -> None:
    for check in suite.checks:
        problem = problem_with(check.type, check.kwargs, columns)
        if problem:
            raise _refused(file, problem, check.id)
    for name, reason in suite.unchecked.items():
        if name not in columns or not isinstance(reason, str) or not reason.strip():
            raise _refused(file, "an unchecked column is unknown or has no reason", str(name))
        if name in suite.columns:
            raise _refused(file, "a column listed as unchecked is checked", name)


def condition_columns(condition: Any) -> list[str]:
    """The columns a row condition reads; none when there is no condition."""
    if not isinstance(condition, Mapping):
        return []
    if condition.get("type") == "and":
        return [name for part in condition["conditions"] for name in condition_columns(part)]
    return [condition["column"]["name"]]


def _refused(file: str, why: str, check_id: str | None = None) -> DeclarationError:
    return DeclarationError(Reason.SUITE_INVALID, why, file=file, field=check_id)
