"""The keys that sign heads, and the public ones beside the heads.

A key that follows another (rotation) is endorsed by it, so that who holds the first public key can trust the next.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from integration.audit.lines import canonical, digest, letters, unletters
from integration.storage import write_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_FORMAT = "integration-audit-key/1"


def write_keys(folder: Path, seeds: Sequence[bytes]) -> list[Ed25519PrivateKey]:
    """Write the public keys that are not there yet, each endorsed by those before it; return the signers."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    older: list[Ed25519PrivateKey] = []
    for seed in seeds:
        signer = Ed25519PrivateKey.from_private_bytes(seed)
        public = signer.public_key()
        path = folder / f"key-{key_id(public)}.json"
        if not path.exists():
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
            endorsed = {key_id(old.public_key()): letters(old.sign(_endorsing(public))) for old in older}
            content = {"format": KEY_FORMAT, "key": key_id(public), "public": pem, "endorsed_by": endorsed}
            write_bytes(path, canonical(content) + b"\n")
        older.append(signer)
    return older


def read_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys in a folder, by id; what is not one is passed over."""
    found = (_read_key(path) for path in sorted(folder.glob("key-*.json")))
    return {key_id(public): public for public, _ in filter(None, found)}


def endorsed(trusted: dict[str, Ed25519PublicKey], folder: Path) -> dict[str, Ed25519PublicKey]:
    """``trusted`` and every key in ``folder`` that a trusted key endorses, at any remove."""
    known = dict(trusted)
    offered = [pair for path in sorted(folder.glob("key-*.json")) if (pair := _read_key(path))]
    for _ in offered:
        for public, marks in offered:
            if any(
                verifies(known[by], mark, _endorsing(public)) for by, mark in marks.items() if by in known
            ):
                known.setdefault(key_id(public), public)
    return known


def key_id(public: Ed25519PublicKey) -> str:
    """Sixteen letters that recognise a public key."""
    return digest(public.public_bytes_raw())[:16]


def _read_key(path: Path) -> tuple[Ed25519PublicKey, dict[str, str]] | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        raw = path.read_bytes()
        content = json.loads(raw)
        public = load_pem_public_key(content["public"].encode("ascii"))
        marks = {str(by): str(mark) for by, mark in content["endorsed_by"].items()}
        exact = content["format"] == KEY_FORMAT and canonical(content) + b"\n" == raw
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UnsupportedAlgorithm):
        return None
    if not isinstance(public, Ed25519PublicKey) or not exact or path.name != f"key-{key_id(public)}.json":
        return None
    return public, marks


def _endorsing(public: Ed25519PublicKey) -> bytes:
    return f"{KEY_FORMAT} endorses ".encode("ascii") + public.public_bytes_raw()


def verifies(key: Ed25519PublicKey, signature: str, content: bytes) -> bool:
    """Whether this key made this signature of this content."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(unletters(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
