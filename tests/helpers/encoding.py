"""Encoding in tests: a first-pass key that is known, both passes at once, and keys handed out cheaply."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpers.deliveries import KEYS, NOW, PASSPHRASE
from integration import encode_stage
from integration.contracts import Contract
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.encode import RawRow, encode_delivery
from integration.pseudonyms.first_pass import FirstPass, Known
from integration.pseudonyms.keeper import make_demo_keeper
from integration.pseudonyms.keyring import Keyring, KeyVersion, hkdf, init_keyring, open_keyring
from integration.pseudonyms.second_pass import EncodeResult, SecondPass
from integration.settings import Settings
from integration.storage import Zones

FIRST = FirstPass(Known(DomainCode("GM0321"), 1, "0" * 16), bytes(range(32, 64)))


class FixedRoots:
    """A vault of so many known roots: a chain."""

    def __init__(self, count: int, start: int = 0) -> None:
        self._count, self._start = count, start

    def versions(self) -> tuple[KeyVersion, ...]:
        return tuple(KeyVersion(n, "active", NOW.isoformat(), f"{n:016x}") for n in range(1, self._count + 1))

    def derive(self, version: int, info: bytes) -> bytes:
        return hkdf(bytes([self._start + version]) * 32, info)


@dataclass(frozen=True)
class Both:
    """What both passes need."""

    first: FirstPass = FIRST
    second: Keyring = KEYS


def encode_both(
    rows: Iterable[RawRow],
    contract: Contract,
    dialect: Any,
    delivery: DeliveryId,
    folder: Path,
    *,
    created_on: date,
    nil_return: bool = False,
    keys: Both = Both(),
) -> EncodeResult:
    """Encode rows into a folder as it comes out after the second pass, in this process."""
    made: list[tuple[str, Any]] = []
    result = encode_delivery(
        rows,
        contract,
        dialect,
        keys.first,
        delivery.supplier,
        lambda name, batch: made.append((name, batch)),
        created_on=created_on,
    )
    second = SecondPass(contract, delivery, keys.second, folder)
    second.run(made)
    return second.finish(result, nil_return=nil_return)


def make_keys(home: Path, domains: Iterable[str] = ("GM0321",)) -> None:
    """The keys of an installation: a keyring, and first-pass keys from a keeper."""
    zones = Zones(home)
    init_keyring(zones.keys / "keyring.json", PASSPHRASE, NOW)
    make_demo_keeper(zones.keeper, zones.first_pass_keys, domains)


def encode_now(settings: Settings, delivery: DeliveryId) -> dict[str, Any]:
    """Encode a received delivery as the line does: another process, then this one."""
    keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
    return encode_stage.encode(settings, delivery, keys)
