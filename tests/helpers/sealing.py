"""Sealed deliveries for tests: a source with its key, a receiver with its own, and the chain between them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from helpers.deliveries import (
    NOW,
    PASSPHRASE,
    add_supplier,
    csv_bytes,
    full_row,
    ledger,
    manifest_for,
    set_time,
    settings,
)
from integration.contracts import load_supplier
from integration.deliveries.manifest import parse_manifest, read_manifest
from integration.deliveries.read import Limits
from integration.deliveries.receive import Receipt, receive_inbox
from integration.deliveries.seal import Sealed, seal_payload
from integration.deliveries.seal_inbox import seal_inbox
from integration.deliveries.seal_keys import Receiver, make_receiver_key, public_of
from integration.deliveries.stored import open_stored, opener_of, stored_path
from integration.settings import get_settings
from integration.storage import Zones
from integration.wrapping import Cost

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def signer(key: Ed25519PrivateKey = KEY, since: int = -30, until: int = 30) -> dict[str, Any]:
    """A supplier file's entry for a key, trusted from and until so many days from NOW."""
    days = [(NOW + timedelta(days=count)).date() for count in (since, until)]
    return {"key": public_of(key), "since": days[0], "until": days[1]}


class SealedPlace:
    """A receiver with one supplier that seals (WT0321), and the source's own folder beside it."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.home, self.options = home / "home", options
        self.source = home / "source"
        self.source.mkdir()
        self.zones = Zones(self.home)
        self.audience = make_receiver_key(self.zones.keys, PASSPHRASE, NOW, cost=CHEAP)
        self.trust(signer())
        self.sent: dict[int, Sealed] = {}

    def trust(self, *signers: dict[str, Any]) -> None:
        """Write the supplier file with these signers."""
        self.supplier = add_supplier(self.home)
        path = self.zones.suppliers / "WT0321.yml"
        listed = "".join(
            f"\n- {{key: '{one['key']}', since: {one['since']}, until: {one['until']}}}" for one in signers
        )
        document = yaml.safe_dump(yaml.safe_load(path.read_text()), allow_unicode=True, sort_keys=False)
        path.write_text(document + (f"signers:{listed}\n" if signers else ""))
        self.supplier = load_supplier(self.zones, "WT0321")

    def right(self, count: int = 2) -> bytes:
        contract = self.supplier.contract
        return csv_bytes([full_row(contract, number) for number in range(1, count + 1)], self.supplier)

    def seal(
        self,
        sequence: int = 1,
        payload: bytes | None = None,
        *,
        name: str | None = None,
        key: Ed25519PrivateKey = KEY,
        audience: str | None = None,
        previous: str | None = "",
        **changes: Any,
    ) -> Sealed:
        """Seal a delivery at the source; it follows the number before unless ``previous`` says something else."""
        content = self.right() if payload is None else payload
        name = name or f"week{sequence}.csv"
        told = {"sequence": sequence, "period": f"2026-W{sequence:02}", "payload_file": name} | changes
        manifest = parse_manifest(json.dumps(manifest_for(content, self.supplier, **told)).encode())
        (self.source / name).write_bytes(content)
        if previous == "":
            previous = self.sent[sequence - 1].sha256 if sequence - 1 in self.sent else None
        for old in self.source.glob(f"{name}.age*"):
            old.unlink()
        made = seal_payload(
            self.source / name, manifest, key=key, audience=audience or self.audience, previous=previous
        )
        self.sent[sequence] = made
        return made

    def deliver(self, made: Sealed, *, envelope: bytes | None = None, manifest: bytes | None = None) -> Path:
        """Put what was sealed into the inbox, or other bytes under its names."""
        folder = self.zones.inbox / "WT0321"
        folder.mkdir(parents=True, exist_ok=True)
        for path, other in ((made.envelope, envelope), (made.manifest_path, manifest)):
            (folder / path.name).write_bytes(path.read_bytes() if other is None else other)
            set_time([folder / path.name], NOW)
        return folder / made.envelope.name

    def send(self, sequence: int = 1, payload: bytes | None = None, **options: Any) -> Sealed:
        """Seal and deliver."""
        made = self.seal(sequence, payload, **options)
        self.deliver(made)
        return made

    def receive(self) -> list[Receipt]:
        return receive_inbox(self.zones, ledger(self.home), settings(self.home, **self.options))

    def raw(self) -> dict[str, bytes]:
        """Every file of the raw zone."""
        found = (path for path in self.zones.raw.rglob("*") if path.is_file())
        return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in found}

    def opened(self) -> dict[str, bytes]:
        """What each accepted delivery holds, by its id, opened as the process that encodes opens it."""
        found = {}
        for path in self.zones.raw.rglob("manifest.json"):
            manifest = read_manifest(path)
            receiver = Receiver(self.zones.keys, lambda: PASSPHRASE)
            opener = opener_of(self.zones, manifest.delivery_id, manifest, receiver)
            stored = stored_path(self.zones, manifest.delivery_id, manifest)
            with open_stored(stored, manifest, opener, Limits(), self.zones.tmp) as (name, stream):
                found[path.parent.name] = name.read_bytes() if stream is None else stream.read()
        return found

    def lies_open(self, *texts: bytes) -> list[str]:
        """The files in which one of these texts can be read."""
        return [
            str(path.relative_to(self.home))
            for path in sorted(self.home.rglob("*"))
            if path.is_file() and any(text in path.read_bytes() for text in texts)
        ]


def seal_sample(home: Path) -> int:
    """Seal all that a sample's suppliers put into the inbox; return how many deliveries."""
    chosen = get_settings(home)
    return seal_inbox(chosen.zones, chosen.passphrase_bytes, chosen.now())
