"""Seals what lies plain in an inbox: for the sample, whose suppliers write plain deliveries, and for demonstrations.

Each supplier gets a signing key that lives in memory only, and is entered in its supplier file; the installation
gets a receiver key when it has none. Only for a synthetic installation: at real sources plain deliveries leave nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from integration.deliveries.manifest import SUFFIX, Manifest, read_manifest
from integration.deliveries.seal import seal_payload
from integration.deliveries.seal_keys import RECEIVER_FILE, make_receiver_key, public_of, receiver_public
from integration.errors import DeliveryRefused
from integration.storage import Zones


def seal_inbox(zones: Zones, passphrase: Callable[[], bytes], now: datetime) -> int:
    """Seal every readable plain delivery in the inbox, in its place and with its time; return how many.

    Numbers are as they were, so a number that a supplier left out is a gap (SEQUENCE_GAP) for what follows it.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    own = zones.keys / RECEIVER_FILE
    audience = receiver_public(own) if own.exists() else make_receiver_key(zones.keys, passphrase(), now)
    done = 0
    for folder in sorted(
        path for path in zones.inbox.iterdir() if (zones.suppliers / f"{path.name}.yml").is_file()
    ):
        key = Ed25519PrivateKey.generate()
        sent: dict[tuple[str, int], str] = {}
        for path, manifest in _plain(folder):
            earlier = [n for place, n in sent if place == manifest.municipality and n < manifest.sequence]
            previous = sent[manifest.municipality, max(earlier)] if earlier else None
            payload = folder / manifest.payload.file
            made = seal_payload(payload, manifest, key=key, audience=audience, previous=previous)
            sent.setdefault((manifest.municipality, manifest.sequence), made.sha256)
            for old, new in ((payload, made.envelope), (path, made.manifest_path)):
                moment = old.stat().st_mtime_ns
                os.utime(new, ns=(moment, moment))
                old.unlink()
            done += 1
        _trust(zones.suppliers / f"{folder.name}.yml", public_of(key), now)
    return done


def _plain(folder: Path) -> list[tuple[Path, Manifest]]:
    """The plain deliveries of a supplier with their manifests, lowest number first."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            manifest = read_manifest(path)
        except DeliveryRefused:
            continue
        if manifest.seal is None and (folder / manifest.payload.file).is_file():
            found.append((path, manifest))
    return sorted(found, key=lambda item: (item[1].sequence, item[0].name))


def _trust(supplier_file: Path, public: str, now: datetime) -> None:
    """Enter a signer for the year around ``now``."""
    since, until = ((now + timedelta(days=days)).date() for days in (-365, 365))
    text = supplier_file.read_text(encoding="utf-8").rstrip("\n")
    text += f"\nsigners:\n- key: '{public}'\n  since: {since}\n  until: {until}\n"
    supplier_file.write_text(text, encoding="utf-8")
