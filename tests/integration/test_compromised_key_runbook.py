"""The runbook for a compromised key, walked through: every command in it, in order, read from the document."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.installation import ROOT
from helpers.rotation import TOWN, at, copied, figures, picture, pseudonyms
from integration import pipeline
from integration.deliveries.seal_keys import make_receiver_key, make_signing_key
from integration.errors import KeyUnavailable
from integration.pseudonyms.keyring import KeyVersion, list_keys, open_keyring
from integration.reasons import Reason
from integration.settings import get_settings

RUNBOOK = ROOT / "docs" / "how-to" / "compromised-key.md"
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def sections() -> dict[str, list[str]]:
    """The shell blocks of the runbook by the heading they stand under."""
    _, *parts = re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.splitlines()[0]: _BLOCK.findall(part) for part in parts}


@pytest.fixture(scope="module")
def home(two_towns: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that is receiver and, for once, source too."""
    home = copied(two_towns, tmp_path_factory.mktemp("runbook") / "home")
    settings = get_settings(home)
    for make in (make_signing_key, make_receiver_key):
        make(settings.zones.keys, settings.passphrase_bytes(), settings.now())
    return home


def walk(home: Path, block: str, folder: Path, **replaced: str) -> str:
    """Type one block in a shell; what it printed."""
    for name, value in replaced.items():
        assert name in block
        block = block.replace(name, value)
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "integration").write_text(f'#!/bin/sh\nexec {sys.executable} -m integration.cli "$@"\n')
    (tools / "integration").chmod(0o755)
    around = os.environ | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(
            path for path in (str(ROOT / "src"), os.environ.get("PYTHONPATH")) if path
        ),
        "INTEGRATION_HOME": str(home),
        "INTEGRATION_PASSPHRASE_FILE": str(home / "keys" / "passphrase"),
    }
    done = subprocess.run(
        ["/bin/bash", "-euc", block], cwd=folder, env=around, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def versions(home: Path) -> list[KeyVersion]:
    return list_keys(home / "keys" / "keyring.json")


def test_every_section_and_command_is_walked_through() -> None:
    """Whoever adds a block to the runbook adds its walk here."""
    assert {heading: len(blocks) for heading, blocks in sections().items()} == {
        "The passphrase": 1, "The keyring": 1, "A first-pass key": 0, "A signing key": 1, "The envelope key": 2,
        "Backups": 0, "The end of a key": 1,
    }  # fmt: skip


def test_walked_through(home: Path, tmp_path: Path) -> None:
    blocks = sections()
    keys = home / "keys"
    as_it_was, old_passphrase = picture(home, TOWN), (keys / "passphrase").read_bytes().strip()

    walk(home, *blocks["The passphrase"], tmp_path)
    fresh = (keys / "passphrase").read_bytes().strip()
    assert fresh != old_passphrase
    with pytest.raises(KeyUnavailable):
        open_keyring(keys / "keyring.json", old_passphrase)
    assert open_keyring(keys / "keyring.json", fresh)

    walk(home, *blocks["The keyring"], tmp_path)
    assert [(v.version, v.scope, v.state) for v in versions(home)] == [
        (1, "", "chained"), (2, TOWN, "chained"), (3, "", "active"),
    ]  # fmt: skip
    assert picture(home, TOWN) == as_it_was
    assert pseudonyms(home, TOWN, 1) == pseudonyms(home, TOWN, 2) == {}

    signer = json.loads((keys / "signing.json").read_text())["public"]
    said = walk(home, *blocks["A signing key"], tmp_path)
    new_signer = json.loads((keys / "signing.json").read_text())["public"]
    assert signer != new_signer
    assert new_signer in said

    recipient = json.loads((keys / "receiver.json").read_text())["public"]
    said = walk(home, blocks["The envelope key"][0], tmp_path)
    assert json.loads((keys / "receiver-leaked.json").read_text())["public"] == recipient
    assert json.loads((keys / "receiver.json").read_text())["public"] in said
    walk(home, blocks["The envelope key"][1], tmp_path)
    assert sorted(path.name for path in keys.glob("receiver*")) == ["receiver.json"]

    with at(home):
        assert [result.unchanged for result in pipeline.nightly(TOWN)] == [True] * 5
    walk(home, *blocks["The end of a key"], tmp_path, FINGERPRINT=versions(home)[2].fingerprint)
    assert versions(home)[2].state == "destroyed"
    before = figures(home, TOWN)
    with at(home), pytest.raises(KeyUnavailable) as caught:
        pipeline.run()
    assert caught.value.reason is Reason.KEY_DESTROYED
    assert figures(home, TOWN) == before
