"""Sealing and opening MB/s, beside plain pyrage on the same file in the same run.

``seal`` encrypts, hashes, signs and flushes to disk (reading the rows for the manifest is left out); ``open`` proves
the signature, holds the envelope against its manifest, decrypts, counts and hashes. ``bare`` is pyrage alone,
file to file. The best of ``--rounds``; MB are of the payload (10^6 bytes). Prints JSON.

    python benchmarks/bench_seal.py [--mb 64] [--rounds 3]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integration.deliveries.envelope import check_envelope, check_sizes, open_envelope
from integration.deliveries.manifest import Manifest, Payload
from integration.deliveries.read import Limits
from integration.deliveries.seal import seal_payload
from integration.deliveries.seal_keys import public_of
from integration.deliveries.signing import prove
from integration.names import DeliveryId


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-seal-") as name:
        speeds = measure(Path(name), chosen.mb * 10**6, chosen.rounds)
    ratio = {what: round(speeds[what] / speeds[f"bare_{what}"], 3) for what in ("seal", "open")}
    report = {
        "benchmark": "seal",
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count()},
        "mb": chosen.mb,
        "mb_per_second": speeds,
        "share_of_bare": ratio,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def measure(folder: Path, size: int, rounds: int) -> dict[str, float]:
    """MB a second of each way, the ways taking turns."""
    payload, sealed = folder / "data.csv", folder / "data.csv.age"
    payload.write_bytes(os.urandom(size))
    manifest = about(payload)
    identity, key = pyrage.x25519.Identity.generate(), Ed25519PrivateKey.generate()
    recipient, limits = identity.to_public(), Limits()
    bare, opened = folder / "bare.age", folder / "opened.csv"

    def seal() -> Any:
        return seal_payload(payload, manifest, key=key, audience=str(recipient), previous=None)

    made = seal()

    def open_() -> None:
        prove(made.manifest_path.read_bytes(), public_of(key))
        check_sizes(made.manifest, limits)
        check_envelope(sealed, made.manifest, limits, identity)
        with opened.open("w+b") as target:
            open_envelope(sealed, made.manifest, limits, identity, target)

    pyrage.encrypt_file(str(payload), str(bare), [recipient])
    ways: dict[str, tuple[Callable[[], Any], list[Path]]] = {
        "bare_seal": (lambda: pyrage.encrypt_file(str(payload), str(bare), [recipient]), [bare]),
        "seal": (seal, [sealed, made.manifest_path]),
        "bare_open": (lambda: pyrage.decrypt_file(str(sealed), str(opened), [identity]), [opened]),
        "open": (open_, [opened]),
    }
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, (work, written) in ways.items():
            for path in written:
                path.unlink(missing_ok=True)
            started = time.perf_counter()
            done = work()
            speed = size / 1e6 / (time.perf_counter() - started)
            made = done or made
            best[name] = max(best.get(name, 0), round(speed, 1))
    return best


def about(payload: Path) -> Manifest:
    """A manifest about the file, which need not be a table here."""
    named = DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W04.0001")
    content = payload.read_bytes()
    told = Payload(payload.name, len(content), hashlib.sha256(content).hexdigest(), 0, ("a",), "utf-8", ";")
    return Manifest(
        named.source,
        named.supplier,
        named.municipality,
        named.period,
        named.sequence,
        "L1",
        named.source,
        "1.0.0",
        told,
        False,
        datetime.combine(date(2026, 1, 26), datetime.min.time()).astimezone(),
    )


if __name__ == "__main__":
    main()
