"""A sample whose suppliers seal: the same tables as the plain one, and no plain payload anywhere on the way."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpers.sealing import seal_sample
from integration import pipeline, sample
from integration.pseudonyms.demo_keys import hand_out_demo_keys
from integration.pseudonyms.keyring import init_keyring
from integration.settings import forget_settings, get_settings
from integration.storage import Zones

SMALL = {"scale": 0.01, "municipalities": ["GM0321"], "defects": "none"}


def staged(home: Path) -> dict[str, list[dict]]:
    """Every encoded table of an installation, by delivery and name."""
    import pyarrow.parquet as pq

    folder = Zones(home).staging
    return {
        str(path.relative_to(folder)): pq.read_table(path).to_pylist()
        for path in sorted(folder.rglob("*.parquet"))
    }


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A plain and a sealed sample with the same keyring, received and encoded."""
    monkeypatch.setenv("INTEGRATION_PASSPHRASE", "one passphrase for both")
    found: dict[str, Path] = {}
    for name in ("plain", "sealed"):
        home = found[name] = tmp_path / name
        monkeypatch.setenv("INTEGRATION_HOME", str(home))
        forget_settings()
        sample.generate(Zones(home), **SMALL)
        forget_settings()
        keyring = Zones(home).keys / "keyring.json"
        if name == "plain":
            init_keyring(keyring, b"one passphrase for both", get_settings().now())
            hand_out_demo_keys(Zones(home))
        else:
            shutil.copytree(Zones(tmp_path / "plain").keys, Zones(home).keys)
            sent = len(list(Zones(home).inbox.rglob("*.manifest.json")))
            assert seal_sample(home) == sent > 20
            assert not list(Zones(home).inbox.rglob("*.csv"))
        outcomes = pipeline.receive()
        assert {outcome.state for outcome in outcomes} == {"received"}, [o.reason for o in outcomes]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(pipeline.encode, pipeline.pending()))
    forget_settings()
    return found


def test_a_sealed_sample_gives_the_same_tables(homes: dict[str, Path]) -> None:
    plain, sealed = staged(homes["plain"]), staged(homes["sealed"])
    assert list(plain) == list(sealed)
    assert len(plain) > 20
    assert any(plain.values())
    assert plain == sealed, "all that follows is computed from these"
    assert len(list(Zones(homes["plain"]).raw.rglob("payload.csv"))) > 20
    assert not list(homes["sealed"].rglob("*.csv"))
