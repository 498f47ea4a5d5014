"""The key keeper: makes the first-pass keys and hands them out, one a domain and version.

Somebody else than who runs the receiver: the root lies in a folder of its own, under a passphrase of its own. Keys are
derived from it, so that a lost key file is handed out again; what is handed out is wrapped under a passphrase that its
recipient has.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from integration.errors import UsageError
from integration.names import DomainCode
from integration.pseudonyms.first_pass import KIND, FirstPass, Known, public_path, write_public
from integration.pseudonyms.keyring import hkdf
from integration.pseudonyms.link_parameters import load_parameters
from integration.pseudonyms.tokens import fingerprint
from integration.reasons import Reason
from integration.storage import write_bytes
from integration.wrapping import RANDOM, Cost, read_wrapped, write_wrapped

ROOT_FILE = "keeper.json"
ROOT_KIND = "first-pass-root"
MOST_VERSIONS = 9999
_DOMAIN = re.compile(r"[A-Z0-9]{2,12}")
_ROOT_BYTES = 32


def init_keeper(folder: Path, passphrase: bytes, now: datetime, *, cost: Cost | None = None) -> str:
    """Make the keeper's root key, once, and return its fingerprint.

    Raises :class:`UsageError` (KEY_EXISTS), :class:`KeyUnavailable` (KEY_MISSING) without a passphrase.
    """
    root = secrets.token_bytes(_ROOT_BYTES)
    public = fingerprint(root)
    write_wrapped(folder / ROOT_FILE, root, passphrase, kind=ROOT_KIND, public=public, now=now, cost=cost)
    return public


def hand_out(
    folder: Path,
    passphrase: bytes,
    domain: DomainCode,
    version: int,
    to: Path,
    recipient_passphrase: bytes,
    now: datetime,
    *,
    cost: Cost | None = None,
) -> Known:
    """Write the key of a domain and version to a file, wrapped under its recipient's passphrase.

    Beside it comes ``<name>.public.json`` with what anybody may know. The same domain and version always give the
    same key. Raises :class:`UsageError` (INPUT_INVALID, KEY_EXISTS) and :class:`KeyUnavailable` (KEY_MISSING,
    KEY_WRONG).
    """
    if not _DOMAIN.fullmatch(domain) or not 1 <= version <= MOST_VERSIONS:
        raise UsageError(Reason.INPUT_INVALID, "a domain and a version from 1 to 9999")
    root = read_wrapped(folder / ROOT_FILE, passphrase, ROOT_KIND)
    secret = hkdf(root, f"integration/keeper/v1/{domain}/{version}".encode("ascii"))
    known = _known(domain, version, secret)
    if to.suffix != ".json" or to == public_path(to):
        raise UsageError(Reason.INPUT_INVALID, "a key file's name ends in .json")
    write_wrapped(to, secret, recipient_passphrase, kind=KIND, public=known.text, now=now, cost=cost)
    write_public(to, known)
    return known


def _known(domain: DomainCode, version: int, secret: bytes) -> Known:
    known = Known(domain, version, fingerprint(secret))
    mark = FirstPass(known, secret).link_fingerprint()
    return replace(known, link_version=load_parameters().version, link_fingerprint=mark)


def make_demo_keeper(folder: Path, keys: Path, domains: Iterable[str]) -> None:
    """Make a keeper in ``folder`` and hand its keys out to ``keys``, for the demo and tests; leave what is there.

    Random passphrases lie beside the keys, as they never should elsewhere.
    """
    now = datetime.now().astimezone()
    own, theirs = (_demo_passphrase(place / "passphrase") for place in (folder, keys))
    if not (folder / ROOT_FILE).exists():
        init_keeper(folder, own, now, cost=RANDOM)
    for domain in domains:
        if not (keys / f"{domain}.json").exists():
            hand_out(folder, own, DomainCode(domain), 1, keys / f"{domain}.json", theirs, now, cost=RANDOM)


def _demo_passphrase(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        write_bytes(path, secrets.token_urlsafe(32).encode() + b"\n", mode=0o600)
    return path.read_bytes().strip()
