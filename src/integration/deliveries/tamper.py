"""The tampering suite: sealed deliveries are bent in every way, and each one must be refused without a trace.

Flipped bits and cuts anywhere in envelope and manifest, replays of what was taken in before, gaps in the numbers.
An attack is survived when nothing more was taken in, the delivery lies in quarantine with its reason, and nothing
that was sealed lies open anywhere. At the end of each kind the untampered delivery must be accepted: a receiver
that refuses everything survives nothing. Everything happens in a private folder with made-up rows and keys.
"""

from __future__ import annotations

import csv
import io
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from integration.contracts import Supplier, load_contract, load_supplier
from integration.deliveries.manifest import SUFFIX, make_manifest
from integration.deliveries.quarantine import REASON_FILE
from integration.deliveries.receive import Receipt, receive_inbox
from integration.deliveries.seal import Sealed, seal_payload
from integration.deliveries.seal_keys import make_receiver_key, make_signing_key, open_signing_key
from integration.ledger import Ledger
from integration.names import Period
from integration.storage import Zones
from integration.wrapping import Cost

SHORT, FULL = 60, 1000
"""Attacks of each kind in a short and in a full run."""
_BATCH = 100
"""Attacks on one receiver, after which a new one is made: what was refused is read again at every delivery."""
_DESK, _PLACE, _SOURCE = "WT0321", "GM0321", "wijkteam"
_CANARY = "Kanariewal-Zeldzaam"
_CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
_PASSPHRASE = b"only for made-up deliveries"


@dataclass(frozen=True)
class TamperResult:
    """What became of the attacks: how many, how many were survived, how long; per kind, and by reason code."""

    tried: int
    survived: int
    seconds: float
    control: bool
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the suite as `integration privacy attack` lists it."""
        figures = {"control_accepted": self.control, "kinds": self.kinds, "reasons": self.reasons}
        told = {"tried": self.tried, "survived": self.survived, "seconds": round(self.seconds, 2)}
        return {"suite": "tampering", **told, "figures": figures}


@dataclass(frozen=True)
class Pair:
    """What an attacker puts into the inbox: two files' bytes and the name of the envelope."""

    envelope: bytes
    manifest: bytes
    name: str


def tamper(times: int = SHORT, *, seed: int = 2026, tmp: Path | None = None) -> TamperResult:
    """Try ``times`` attacks of each kind; the same ``seed`` tries the same. Works in a private folder in ``tmp``."""
    started, kinds, reasons, control = time.monotonic(), {}, Counter[str](), True
    for kind, attack in ATTACKS.items():
        chance = random.Random(f"{seed}/{kind}")  # noqa: S311 which bit, not a secret
        survived = 0
        for start in range(0, times, _BATCH):
            with _arena(tmp) as arena:
                batch = range(min(_BATCH, times - start))
                survived += sum(arena.survives(attack(arena, chance)) for _ in batch)
                control = arena.accepts_what_is_right() and control
                reasons += arena.reasons
        kinds[kind] = {"tried": times, "survived": survived}
    tried = times * len(ATTACKS)
    survived = sum(kind["survived"] for kind in kinds.values()) if control else 0
    return TamperResult(tried, survived, time.monotonic() - started, control, kinds, dict(reasons))


# -- the place ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Clock:
    """The settings of the place: a clock that stands still, and only sealed deliveries."""

    synthetic: bool = True
    sealed_only: bool = True
    arrival_grace_seconds: int = 0
    max_payload_bytes: int = 1024**2
    max_line_bytes: int = 64 * 1024

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 6, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))

    def passphrase_bytes(self) -> bytes:
        return _PASSPHRASE


class Arena:
    """A receiver that has taken in two deliveries of a supplier, and the third one, which nobody has touched yet."""

    def __init__(self, home: Path) -> None:
        self.zones, self.clock = Zones(home / "receiver"), _Clock()
        self._source = home / "source"
        self._source.mkdir()
        self.ledger = Ledger(f"sqlite:///{home / 'ledger.sqlite'}")
        make_signing_key(self._source, _PASSPHRASE, self.clock.now(), cost=_CHEAP)
        self.key = open_signing_key(self._source / "signing.json", _PASSPHRASE)
        self.audience = make_receiver_key(self.zones.keys, _PASSPHRASE, self.clock.now(), cost=_CHEAP)
        self.supplier = self._supplier()
        self.reasons: Counter[str] = Counter()
        self.sent: list[Pair] = []
        previous: str | None = None
        for number in (1, 2, 3):
            made = self.seal(number, previous)
            previous = made.sha256
            self.sent.append(self.pair(made))
        self.previous = previous
        for pair in self.sent[:2]:
            self._put(pair)
        if not all(receipt.accepted for receipt in self._receive()):
            raise RuntimeError("the arena could not be made: untampered deliveries were refused")
        self._raw = self._files(self.zones.raw)

    def seal(self, number: int, previous: str | None) -> Sealed:
        """Seal delivery ``number``, of a week of its own."""
        payload = self._source / f"week{number}.csv"
        payload.write_bytes(_rows(self.supplier, number))
        week = Period.parse(f"2025-W{number:02}" if number < 53 else f"2024-W{number % 50 + 1:02}")
        made = make_manifest(
            payload, self.supplier, municipality=_PLACE, period=week.text, sequence=number, created_at=self.clock.now()
        )  # fmt: skip
        return seal_payload(payload, made, key=self.key, audience=self.audience, previous=previous)

    def pair(self, made: Sealed) -> Pair:
        """Take what was sealed from the source's folder."""
        pair = Pair(made.envelope.read_bytes(), made.manifest_path.read_bytes(), made.envelope.name)
        for path in (made.envelope, made.manifest_path):
            path.unlink()
        return pair

    def survives(self, pair: Pair) -> bool:
        """Put an attack into the inbox and receive: refused with a reason, nothing taken in, nothing left open."""
        self._put(pair)
        receipts = self._receive()
        kept = sorted(path.parent.name for path in self.zones.quarantine.glob(f"*/{REASON_FILE}"))
        refused = bool(receipts) and all(not r.accepted and r.reason is not None for r in receipts)
        fine = (
            refused
            and kept == sorted(receipt.quarantine_id or "" for receipt in receipts)
            and len(self.ledger.entries()) == 2
            and self._files(self.zones.raw) == self._raw
            and not self._open_content()
        )
        self.reasons.update(receipt.reason.value for receipt in receipts if receipt.reason)
        shutil.rmtree(self.zones.quarantine, ignore_errors=True)
        return fine

    def accepts_what_is_right(self) -> bool:
        """Whether the third delivery, untouched, is taken in after all that."""
        self._put(self.sent[2])
        return [receipt.accepted for receipt in self._receive()] == [True] and len(self.ledger.entries()) == 3

    def _receive(self) -> list[Receipt]:
        return receive_inbox(self.zones, self.ledger, self.clock)

    def _put(self, pair: Pair) -> None:
        folder = self.zones.inbox / _DESK
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in ((pair.name, pair.envelope), (pair.name + SUFFIX, pair.manifest)):
            (folder / name).write_bytes(content)
            moment = self.clock.now().timestamp()
            os.utime(folder / name, (moment, moment))

    def _open_content(self) -> bool:
        """Whether what was sealed can be read outside the raw zone."""
        places = (self.zones.quarantine, self.zones.tmp, self.zones.inbox)
        found = (path for place in places for path in place.rglob("*") if path.is_file())
        return any(_CANARY.encode() in path.read_bytes() for path in found)

    @staticmethod
    def _files(folder: Path) -> list[tuple[str, int, int]]:
        found = [(str(path), path.stat()) for path in folder.rglob("*") if path.is_file()]
        return sorted((name, state.st_size, state.st_mtime_ns) for name, state in found)

    def _supplier(self) -> Supplier:
        today = self.clock.now().date()
        signer = {
            "key": self.key.public_key().public_bytes_raw().hex(),
            "since": today - timedelta(days=30),
            "until": today + timedelta(days=30),
        }
        content = {
            "code": _DESK,
            "name": "Verzonnen wijkteam",
            "source": _SOURCE,
            "contract_version": load_contract(_SOURCE).version,
            "municipalities": [_PLACE],
            "dialect": {"delimiter": ";", "encoding": "utf-8", "date_format": "dd-mm-yyyy", "list_separator": ","},
            "calendar": {"frequency": "weekly", "due_days": 10, "since": date(2024, 1, 1)},
            "contacts": [{"role": "delivery", "email": "levering@voorbeeld.example"}],
            "signers": [signer],
        }  # fmt: skip
        self.zones.suppliers.mkdir(parents=True)
        (self.zones.suppliers / f"{_DESK}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
        return load_supplier(self.zones, _DESK)


@contextmanager
def _arena(tmp: Path | None) -> Iterator[Arena]:
    if tmp is not None:
        tmp.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="tamper-", dir=tmp) as name:
        yield Arena(Path(name))


def _rows(supplier: Supplier, number: int) -> bytes:
    """Return a few rows that say whose they are, with a name that must not lie open anywhere."""
    contract, stream = supplier.contract, io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=supplier.dialect.delimiter, lineterminator="\r\n")
    writer.writerow(contract.headers(supplier).values())
    for place in range(1, 6):
        row = dict.fromkeys(contract.names, "") | {"gemeente_code": _PLACE, "bron_org_code": _DESK}
        row |= {"levering_id": f"L{number}", "record_id": f"R{place}", "kind_achternaam": _CANARY}
        writer.writerow(row.values())
    return stream.getvalue().encode()


# -- the attacks ----------------------------------------------------------------------------------------------------


def _flip(arena: Arena, chance: random.Random) -> Pair:
    """One bit, anywhere in the envelope or the manifest (its signature among it)."""
    right = arena.sent[2]
    envelope, manifest = bytearray(right.envelope), bytearray(right.manifest)
    target = chance.choice((envelope, manifest))
    target[chance.randrange(len(target))] ^= 1 << chance.randrange(8)
    return Pair(bytes(envelope), bytes(manifest), right.name)


def _cut(arena: Arena, chance: random.Random) -> Pair:
    """Envelope or manifest, cut off anywhere."""
    right = arena.sent[2]
    if chance.random() < 0.5:
        return Pair(right.envelope[: chance.randrange(len(right.envelope))], right.manifest, right.name)
    return Pair(right.envelope, right.manifest[: chance.randrange(len(right.manifest))], right.name)


def _replay(arena: Arena, chance: random.Random) -> Pair:
    """What was taken in before: as it was, under a new name, or its envelope with the new manifest."""
    old, new = chance.choice(arena.sent[:2]), arena.sent[2]
    return chance.choice(
        (
            old,
            Pair(old.envelope, old.manifest, new.name),
            Pair(old.envelope, new.manifest, new.name),
            Pair(new.envelope, old.manifest, old.name),
        )
    )


def _gap(arena: Arena, chance: random.Random) -> Pair:
    """Rightly signed, but after a number that never came, or after no manifest, or after another one."""
    number = chance.randrange(4, 52)
    previous = chance.choice((arena.previous, None, f"{chance.randrange(2**256):064x}"))
    if previous is not arena.previous and chance.random() < 0.5:
        number = 3
    return arena.pair(arena.seal(number, previous))


ATTACKS: dict[str, Callable[[Arena, random.Random], Pair]] = {
    "flips": _flip,
    "truncations": _cut,
    "replays": _replay,
    "gaps": _gap,
}
"""Each kind of attack; a new kind is one entry."""
