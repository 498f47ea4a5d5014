"""The command line: the stages of :mod:`integration.pipeline`, and what goes around them.

Exit codes: 0 fine, 1 findings, 2 usage or failure, 3 waits for a decision. ``--json`` is pure JSON on stdout;
progress and messages go to stderr. Heavy imports stay inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys

from integration.errors import EXIT_FAILURE, IntegrationError


def register() -> None:
    """Let every module of commands add its own to the tree."""
    from integration.cli import (  # noqa: F401
        around,
        audit,
        calendar,
        corrections,
        first_pass,
        keys,
        line,
        linkage,
        operate,
        people,
        privacy,
        quality,
        quality_reports,
        retention,
        review,
        sample,
        seal,
        self_check,
        subject,
    )


def main() -> None:
    """Entry point: an error becomes one line on stderr and an exit code, never a traceback with values."""
    from typer.main import get_command

    from integration.cli.app import app
    from integration.cli.guard import guard

    register()
    try:
        guard(get_command(app))()
    except IntegrationError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("INTEGRATION_DEBUG"):
            raise
        sys.stderr.write(
            f"INTERNAL: {type(error).__name__}; set INTEGRATION_DEBUG=1 on synthetic data to see where\n"
        )
        sys.exit(EXIT_FAILURE)
