"""The first pass: the key that turns identifiers into 16 bytes, where the identifiers are and nowhere else.

One key a domain and version, handed out by a key keeper (`keeper.py`) in a wrapped file; the receiver never holds it.
Only the process that sees raw rows opens it: at a source ``integration encode``, at the receiver the encoding
process, which reads file and passphrase itself. What the receiver may know of it lies beside it in
``<domain>.public.json``: domain, version and fingerprint.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from integration.errors import KeyUnavailable
from integration.names import DomainCode
from integration.pseudonyms.keyring import hkdf
from integration.pseudonyms.tokens import DigestMaker
from integration.reasons import Reason
from integration.storage import write_json
from integration.wrapping import read_told, read_wrapped

KIND = "first-pass"
PUBLIC_FORMAT = "integration-first-pass/1"
FIRST_PURPOSES = ("person", "address", "key")
"""What a first-pass key makes tokens of texts for. Messages of two purposes never give the same bytes."""
LINK = "link"
"""The purpose of the columns that only linkage reads: with a key of its own in either pass."""
PASSPHRASE_VARIABLE = "INTEGRATION_FIRST_PASS_PASSPHRASE"  # noqa: S105  the name of a variable
"""Read by the process that opens the key, and by no other: it is no setting."""

_PUBLIC = re.compile(r"([A-Z0-9]{2,12})/([1-9][0-9]{0,3})/([0-9a-f]{16})")


@dataclass(frozen=True)
class Known:
    """What may be told of a first-pass key: its domain, version and fingerprint.

    And the fingerprint of a version of the link encoding under it, 0 and empty where the keeper did not tell it yet.
    """

    domain: DomainCode
    version: int
    fingerprint: str
    link_version: int = field(default=0, compare=False)
    link_fingerprint: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The form in which it is bound to the wrapped key."""
        return f"{self.domain}/{self.version}/{self.fingerprint}"

    @property
    def fingerprints(self) -> dict[str, str]:
        """The entry it has among the fingerprints of the keys in use."""
        made = {f"first.{self.version}.{self.domain}": self.fingerprint}
        if self.link_version:
            made[f"link.{self.link_version}.{self.version}.{self.domain}"] = self.link_fingerprint
        return made

    @classmethod
    def parse(cls, text: str) -> Known:
        """Read the text form; raise :class:`KeyUnavailable` (KEY_MISSING) when it is none."""
        found = _PUBLIC.fullmatch(text)
        if found is None:
            raise KeyUnavailable(Reason.KEY_MISSING, "the first-pass key cannot be read")
        return cls(DomainCode(found[1]), int(found[2]), found[3])


class FirstPass:
    """An opened first-pass key. Never pickle it."""

    def __init__(self, known: Known, secret: bytes) -> None:
        self.known = known
        self._secret = secret

    def __repr__(self) -> str:
        return f"FirstPass({self.known.domain}, version={self.known.version})"

    def maker(self, purpose: str) -> DigestMaker:
        """Return a maker of one purpose's 16 bytes."""
        if purpose not in FIRST_PURPOSES:
            raise ValueError("unknown purpose")
        return DigestMaker(self._subkey(purpose))

    def link_key(self) -> bytes:
        """Return the 32 bytes that the link encoding is made with (:mod:`integration.pseudonyms.link_mentions`)."""
        return self._subkey(LINK)

    def _subkey(self, purpose: str) -> bytes:
        info = f"integration/first-pass/v{self.known.version}/{self.known.domain}/{purpose}"
        return hkdf(self._secret, info.encode("ascii"))


@dataclass(frozen=True)
class KeyPlace:
    """Where a process finds a first-pass key, and its passphrase unless that is in the environment; no secret itself.

    ``known`` is the key that is expected there.
    """

    key: Path
    passphrase_file: Path | None
    known: Known


def open_first_pass(path: Path, passphrase: bytes) -> FirstPass:
    """Unwrap a first-pass key. Raises :class:`KeyUnavailable`: KEY_MISSING, KEY_WRONG."""
    known = Known.parse(read_told(path, KIND).public)
    return FirstPass(known, read_wrapped(path, passphrase, KIND))


def open_expected(place: KeyPlace) -> FirstPass:
    """Open the key that is expected at a place. Raises as :func:`open_first_pass`; KEY_WRONG when it is another."""
    if Known.parse(read_told(place.key, KIND).public) != place.known:
        raise KeyUnavailable(Reason.KEY_WRONG, "another first-pass key than was handed out for this domain")
    return open_first_pass(place.key, read_passphrase(PASSPHRASE_VARIABLE, place.passphrase_file))


def read_passphrase(variable: str, file: Path | None) -> bytes:
    """Return a passphrase from the environment or else from a file; KEY_MISSING when there is none."""
    text = os.environ.get(variable, "").encode()
    if not text and file is not None:
        try:
            text = file.read_bytes().strip()
        except OSError:
            text = b""
    if not text:
        raise KeyUnavailable(Reason.KEY_MISSING, f"no passphrase: {variable} or a file")
    return text


def public_path(key: Path) -> Path:
    """Return where the public part of a key file lies."""
    return key.with_name(f"{key.stem}.public.json")


def write_public(key: Path, known: Known) -> None:
    """Write what the receiver may know of a key, beside it."""
    write_json(public_path(key), {"format": PUBLIC_FORMAT, **asdict(known)})


def known_first_pass(folder: Path, domain: DomainCode) -> Known:
    """Return which first-pass key a domain uses, without touching the key.

    Raises :class:`KeyUnavailable` (KEY_MISSING) when none was handed out, or its public part cannot be read.
    """
    try:
        content: dict[str, Any] = json.loads(public_path(folder / f"{domain}.json").read_bytes())
        sound = content.pop("format") == PUBLIC_FORMAT
        known = Known(**content)
        if sound and Known.parse(known.text) == known and known.domain == domain and _sound_link(known):
            return known
    except FileNotFoundError:
        raise KeyUnavailable(Reason.KEY_MISSING, "no first-pass key of this domain") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise KeyUnavailable(Reason.KEY_MISSING, "the first-pass key's public part cannot be read")


def _sound_link(known: Known) -> bool:
    version, mark = known.link_version, known.link_fingerprint
    return type(version) is int and bool(re.fullmatch(r"[0-9a-f]{16}" if version else "", mark))
