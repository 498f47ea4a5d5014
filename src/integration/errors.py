"""One tree of errors and four exit codes.

The exit code tells what kind of end it was (0 fine, 1 findings, 2 usage or failure, 3 waits for a decision);
the reason code tells the cause. A message never holds a value from the data: file name, row number, field
name and reason code are all it may say.
"""

from __future__ import annotations

from typing import Any

from integration.reasons import Reason

EXIT_FINE = 0
EXIT_FINDINGS = 1
EXIT_FAILURE = 2
EXIT_WAITS = 3


class IntegrationError(Exception):
    """Anything that stops a stage. ``reason`` is the cause; ``file``, ``row`` and ``field`` say where."""

    exit_code = EXIT_FAILURE

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        file: str | None = None,
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        self.reason = reason
        self.detail = detail
        self.file = file
        self.row = row
        self.field = field
        super().__init__(self.describe())

    def __reduce__(self) -> tuple[Any, ...]:
        """The same error in another process: pickle would pass the message as the reason."""
        return _again, (type(self), self.reason, self.detail, self.file, self.row, self.field)

    def describe(self) -> str:
        """One line: reason code, its English text, what and where."""
        where = [
            f"{name} {value}"
            for name, value in (("file", self.file), ("row", self.row), ("field", self.field))
            if value is not None
        ]
        text = f"{self.reason.value}: {self.reason.en}"
        if self.detail:
            text += f" ({self.detail})"
        return f"{text} [{', '.join(where)}]" if where else text


def _again(kind: type[IntegrationError], reason: Reason, detail: str, *where: Any) -> IntegrationError:
    file, row, field = where
    return kind(reason, detail, file=file, row=row, field=field)


class DeliveryRefused(IntegrationError):
    """A delivery that goes to quarantine whole."""

    exit_code = EXIT_FINDINGS


class UsageError(IntegrationError):
    """The person who called made a mistake that they can mend."""


class KeyUnavailable(IntegrationError):
    """No key, a wrong key or a destroyed key: nothing is written (privacy steps fail closed)."""


class DeclarationError(IntegrationError):
    """A contract, supplier file, suite, indicator or lives file that cannot be used as it stands."""
