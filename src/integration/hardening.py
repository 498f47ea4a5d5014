"""What a process does first that will see identifiers."""

from __future__ import annotations

import os
import resource
import sys

from integration.errors import IntegrationError
from integration.reasons import Reason

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """Make this process leave nothing behind: no core dump, no debugger, files for its owner only."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            raise IntegrationError(Reason.INTERNAL, "the process could not be made undumpable")


def bound_memory(most: int) -> None:
    """Let this process have so many bytes of address space and no more: what asks for more fails, here only."""
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
