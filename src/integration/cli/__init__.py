"""The command line: the stages of :mod:`integration.pipeline`, and what goes around them.

Exit codes: 0 fine, 1 findings, 2 usage or failure, 3 waits for a decision. ``--json`` is pure JSON on stdout;
progress and messages go to stderr. Heavy imports stay inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys

from integration.errors import EXIT_FAILURE, IntegrationError


def main() -> None:
    """Entry point: an error becomes one line on stderr and an exit code, never a traceback with values."""
    from integration.cli import (  # noqa: F401  they register their commands
        around,
        audit,
        first_pass,
        keys,
        line,
        linkage,
        operate,
        privacy,
        retention,
        review,
        sample,
        seal,
        subject,
    )
    from integration.cli.app import app

    try:
        app()
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
