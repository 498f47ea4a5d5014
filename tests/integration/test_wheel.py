"""A wheel built from this checkout runs outside it: models, suites, contracts and DAGs travel with it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.installation import ROOT

NEEDED = [
    "integration/_resources/warehouse/core/handover.sql",
    "integration/_resources/warehouse/indicators/i05.yml",
    "integration/_resources/expectations/wijkteam.json",
    "integration/_resources/dags/nightly.py",
    "integration/contracts/odcs/wijkteam/1.0.0.yml",
    "integration/contracts/register.yml",
    "integration/registers/algorithm.yml",
    "integration/sample/lives.yml",
    "integration/releases/labels.yml",
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return next(out.glob("*.whl"))


def test_what_travels(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [name for name in NEEDED if name not in names] == []


def test_it_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = f"""
import sys
sys.path[:] = [{str(tmp_path / "site")!r}] + [p for p in sys.path if not p.startswith({str(ROOT / "src")!r})]
import integration.storage, integration.cli
from integration.contracts import contract_ids, load_contract
assert integration.storage.__file__.startswith({str(tmp_path)!r})
assert len(contract_ids()) == 7 and load_contract("wijkteam").fields
assert all(integration.storage.resource(n).is_dir() for n in ("warehouse", "expectations", "dags"))
sys.argv = ["integration", "--home", "var", "sample", "--scale", "0.01"]
integration.cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert list((tmp_path / "var" / "inbox").rglob("*.manifest.json"))
