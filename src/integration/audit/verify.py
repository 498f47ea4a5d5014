"""Verifying the audit logs: needs no secret, and changes nothing.

Every line is held against its own hash and the one before; every head against its signature and the line that it
names. With heads that somebody else kept, a cut tail and a log that was written anew are found too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from integration.audit.head_keys import endorsed, read_keys
from integration.audit.heads import Head, heads_in
from integration.audit.lines import Line, digest, genesis, read_line
from integration.audit.log import AuditLog
from integration.audit.purging import judge
from integration.audit.words import LOGS, SET_ASIDE
from integration.errors import EXIT_FINDINGS, EXIT_FINE, IntegrationError, UsageError
from integration.reasons import Reason

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Kind(StrEnum):
    """What is wrong. Its value is its name; ``nl`` and ``en`` say it in words."""

    nl: str
    en: str

    def __new__(cls, code: str, nl: str, en: str) -> Self:
        """Make a member whose value is its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.nl, member.en = nl, en
        return member

    # fmt: off
    EDITED = "EDITED", "regel gewijzigd", "a line was edited"
    REMOVED = "REMOVED", "regels verwijderd vóór deze regel", "lines were removed before this one"
    INSERTED = "INSERTED", "regel ingevoegd of herhaald", "a line was inserted or repeated"
    REORDERED = "REORDERED", "regels verwisseld", "lines were put in another order"
    TORN = "TORN", "laatste regel is afgebroken", "the last line is torn"
    TORN_LOST = "TORN_LOST", "apart gelegde regel ontbreekt", "a torn line set aside is gone"
    CUT_TAIL = "CUT_TAIL", "einde afgesneden: het hoofd noemt meer regels", "the tail was cut: a head says more lines"
    REWRITTEN = "REWRITTEN", "herschreven: niet wat is ondertekend", "rewritten: not what was signed for"
    MISSING_DAY = "MISSING_DAY", "dag ontbreekt", "a day is missing"
    WRONG_SIGNATURE = "WRONG_SIGNATURE", "handtekening klopt niet", "the signature is wrong"
    UNKNOWN_KEY = "UNKNOWN_KEY", "getekend met een onbekende sleutel", "signed with a key that nobody vouches for"
    KEY_CHANGED = "KEY_CHANGED", "openbare sleutel ontbreekt of is gewijzigd", "a public key is gone or was changed"
    HEAD_MISSING = "HEAD_MISSING", "hoofd ontbreekt of zegt te weinig", "a head is gone or says too little"
    # fmt: on


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which log and day and, where it is a line, its line number in that day's file."""

    kind: Kind
    log: str
    day: str
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain data, with the words."""
        return {**asdict(self), "kind": self.kind.value, "nl": self.kind.nl, "en": self.kind.en}


@dataclass
class DayReport:
    """One log's day: how many lines, from when to when, which numbers, and up to which number heads vouch for it."""

    log: str
    day: str
    lines: int = 0
    first_time: str | None = None
    last_time: str | None = None
    first: int | None = None
    last: int | None = None
    signed_up_to: int | None = None
    held_up_to: int | None = None
    torn_set_aside: int = 0


@dataclass
class Report:
    """What verifying found. ``held_elsewhere`` tells whether heads from elsewhere were used."""

    held_elsewhere: bool
    days: list[DayReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 fine, 1 findings."""
        return EXIT_FINDINGS if self.findings else EXIT_FINE

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "fine": not self.findings,
            "held_elsewhere": self.held_elsewhere,
            "days": [asdict(day) for day in self.days],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def verify(folder: Path, heads: Path | None = None, *, kept_from: str = "") -> Report:
    """Verify both logs in an audit folder, against its own heads and those in ``heads`` (held elsewhere).

    Days before ``kept_from`` (a date) may be gone when a signed statement (`purging.py`) says so; their heads
    stay. Raises
    :class:`IntegrationError` (AUDIT_MISSING) when there is neither a log nor a head to hold it against, and
    :class:`UsageError` (INPUT_INVALID) when ``heads`` has no key or no head that can be used.
    """
    own = list(heads_in(folder / "heads"))
    report = Report(heads is not None)
    held = _held(heads, report) if heads is not None else {}
    if not held and not own and not any(AuditLog(folder, log).days() for log in LOGS):
        raise IntegrationError(Reason.AUDIT_MISSING)
    trusted = read_keys(heads) if heads is not None else read_keys(folder / "heads")
    keys = endorsed(trusted, folder / "heads")
    vouched = [*held.values(), *_signed(own, keys, report)]
    if heads is not None:
        _same_keys(heads, folder / "heads", report)
    for name, head in held.items():
        _still_here(name, head, own, report)
    for log in LOGS:
        wanted = [head for head in vouched if head.log == log]
        gone_to = _purged_to([folder / "heads", *([heads] if heads else [])], log, wanted, keys, report)
        walked = _Walk(folder, log, {head.n for head in wanted}, report)
        walked.run([head for head in wanted if head.day < kept_from and head.day <= gone_to])
        for head in wanted:
            if head.day >= kept_from or head.day > gone_to or head.day in walked.reports:
                _hold_against(head, walked, report, held_elsewhere=head in held.values())
    report.findings = sorted(set(report.findings), key=lambda f: (f.log, f.day, f.line or 0, f.kind.value))
    return report


def _purged_to(
    places: list[Path], log: str, heads: list[Head], keys: dict[str, Ed25519PublicKey], report: Report
) -> str:
    """The last day that a signed statement says was purged; a false statement, or one that is gone here, is told."""
    told = [judge(place, log, heads, keys) for place in places]
    report.findings += [Finding(Kind[wrong], log, "purged") for _, wrong in told if wrong]
    ends = [statement.n if statement else 0 for statement, _ in told]
    if ends[0] < max(ends):
        report.findings.append(Finding(Kind.HEAD_MISSING, log, "purged"))
    return max((statement.day for statement, _ in told if statement), default="")


def _held(heads: Path, report: Report) -> dict[str, Head]:
    """The heads in a folder that is trusted, by file name; one that its own keys did not sign is told."""
    keys = read_keys(heads)
    found = {head.name: head for head in _signed(list(heads_in(heads)), keys, report)}
    if not found:
        raise UsageError(Reason.INPUT_INVALID, "no signed heads in that folder")
    return found


def _same_keys(heads: Path, here: Path, report: Report) -> None:
    for path in sorted(heads.glob("key-*.json")):
        mine = here / path.name
        if not mine.is_file() or mine.read_bytes() != path.read_bytes():
            report.findings.append(Finding(Kind.KEY_CHANGED, "heads", path.stem))


def _signed(
    own: list[tuple[Path, Head | None]], keys: dict[str, Ed25519PublicKey], report: Report
) -> Iterator[Head]:
    for path, head in own:
        log, _, day = path.stem.partition("-")
        if head is not None and head.key not in keys:
            report.findings.append(Finding(Kind.UNKNOWN_KEY, log, day))
        elif head is None or path.name != head.name or not head.signed_by(keys[head.key]):
            report.findings.append(Finding(Kind.WRONG_SIGNATURE, log, day))
        else:
            yield head


def _still_here(name: str, head: Head, own: list[tuple[Path, Head | None]], report: Report) -> None:
    """A head that was exported was here first: it must still be, or one that says more."""
    here = next((mine for path, mine in own if path.name == name), None)
    if here is None or here.n < head.n:
        report.findings.append(Finding(Kind.HEAD_MISSING, head.log, head.day))


def _hold_against(head: Head, walked: _Walk, report: Report, *, held_elsewhere: bool) -> None:
    seen = walked.hashes.get(head.n)
    day = walked.reports.get(head.day)
    if day is None:
        report.findings.append(Finding(Kind.MISSING_DAY, head.log, head.day))
    elif walked.last < head.n:
        report.findings.append(Finding(Kind.CUT_TAIL, head.log, head.day, day.lines or None))
    elif seen is None or seen[0] != head.hash:
        line = head.n - (day.first or head.n) + 1
        report.findings.append(Finding(Kind.REWRITTEN, head.log, head.day, line if seen else None))
    elif seen[1] != head.day or day.first != head.first:
        report.findings.append(Finding(Kind.REORDERED, head.log, head.day))
    else:
        day.signed_up_to = max(day.signed_up_to or 0, head.n)
        if held_elsewhere:
            day.held_up_to = max(day.held_up_to or 0, head.n)


class _Walk:
    """One pass over a log's lines, day by day."""

    def __init__(self, folder: Path, log: str, wanted: set[int], report: Report) -> None:
        self._files = AuditLog(folder, log)
        self._torn = folder / "torn"
        self._log = log
        self._wanted = wanted
        self._report = report
        self._follows: str | None = genesis(log)
        self._before: tuple[str, int] | None = None
        self._seen: set[int] = set()
        self._told: set[str] = set()
        self.last = 0
        self.hashes: dict[int, tuple[str, str]] = {}
        self.reports: dict[str, DayReport] = {}

    def run(self, purged: list[Head]) -> None:
        """Read everything, each day as it was at one moment, from after the ``purged`` days that are gone."""
        days = self._files.days()
        gone = [head for head in purged if not days or head.day < days[0]]
        if gone:
            newest = max(gone, key=lambda head: head.n)
            self.last, self._follows = newest.n, newest.hash
        for day in days:
            with self._files.locked():
                content = self._files.path(day).read_bytes()
            self._day(day, content)
        for path in sorted(self._torn.glob(f"{self._log}-*.pending")):
            if path.stem.rsplit("-", 1)[1] not in self._told:
                self._report.findings.append(
                    Finding(Kind.TORN, self._log, path.stem[len(self._log) + 1 :][:10])
                )

    def _day(self, day: str, content: bytes) -> None:
        *whole, torn = content.split(b"\n")
        told = self.reports[day] = DayReport(self._log, day, len(whole))
        self._report.days.append(told)
        lines = [read_line(raw, self._log) for raw in whole]
        here = {line.n for line in lines if line is not None and line.sound}
        self._seen = set()
        for number, line in enumerate(lines, 1):
            self._line(day, number, line, here)
            if line is not None and line.sound:
                self._tell(told, number, line)
        if torn:
            self._find(Kind.TORN, day, len(whole) + 1)

    def _line(self, day: str, number: int, line: Line | None, here: set[int]) -> None:
        if line is None or not line.sound:
            self._find(Kind.EDITED, day, number)
            self.last += 1
            self._follows = None
        elif line.n > self.last + 1:
            missing = range(self.last + 1, min(line.n, self.last + 1 + 10_000))
            moved = any(n in here and n not in self._seen for n in missing)
            self._find(Kind.REORDERED if moved else Kind.REMOVED, day, number)
            self._on(line)
        elif line.n <= self.last:
            self._find(Kind.INSERTED if line.n in self._seen else Kind.REORDERED, day, number)
        else:
            if self._follows is not None and line.prev != self._follows:
                self._find(Kind.EDITED, *(self._before or (day, number)))
            self._on(line)
        self._before = (day, number)
        if line is not None and line.sound:
            self._seen.add(line.n)
            if line.n in self._wanted:
                self.hashes.setdefault(line.n, (line.hash, day))

    def _on(self, line: Line) -> None:
        self.last, self._follows = line.n, line.hash

    def _tell(self, told: DayReport, number: int, line: Line) -> None:
        """What the report says of the day, and whether a torn line that was set aside is still there."""
        told.first = told.first if told.first is not None else line.n
        told.last = line.n
        told.first_time = told.first_time or str(line.fields["time"])
        told.last_time = str(line.fields["time"])
        if line.fields["event"] == SET_ASIDE:
            told.torn_set_aside += 1
            wanted = str(line.fields["object"]).removeprefix("torn:")
            self._told.add(wanted)
            kept = self._torn.glob(f"{self._log}-*-{wanted}.*") if wanted.isalnum() else iter(())
            if not any(digest(path.read_bytes()) == wanted for path in kept):
                self._find(Kind.TORN_LOST, told.day, number)

    def _find(self, kind: Kind, day: str, number: int) -> None:
        self._report.findings.append(Finding(kind, self._log, day, number))
