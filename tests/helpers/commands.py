"""The command line, as people use it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def integration(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installation at ``home``."""
    env = {**os.environ, "INTEGRATION_HOME": str(home), **environment}
    command = [sys.executable, "-m", "integration.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)
