"""Opening a delivery where it is kept: in the raw zone, sealed unless it came plain.

What is opened lies in a file without a name, so that whatever ends the process leaves nothing that can be read.
Light to import: the process that encodes uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from integration.deliveries.data_keys import BODY, header_of, header_path
from integration.deliveries.envelope import open_envelope
from integration.deliveries.manifest import ENVELOPE_SUFFIX, Manifest, read_manifest
from integration.deliveries.read import Limits
from integration.deliveries.seal_keys import Receiver
from integration.errors import DeliveryRefused
from integration.names import DeliveryId
from integration.storage import Zones, unnamed


@dataclass(frozen=True)
class Opener:
    """What opens one sealed payload in another process; never shown.

    ``identity`` is the receiver's, ``header`` the envelope's; empty for an envelope that is still whole.
    """

    identity: str = field(repr=False)
    header: bytes = field(repr=False, default=b"")


def stored_name(payload: str, *, sealed: bool) -> str:
    """Return what the payload of that name is called in the raw zone."""
    suffix = Path(payload).suffix.lower()
    return f"payload{suffix}{ENVELOPE_SUFFIX}{BODY}" if sealed else f"payload{suffix}"


def stored_path(zones: Zones, delivery: DeliveryId, manifest: Manifest) -> Path:
    """Return where an accepted delivery's payload is."""
    name = stored_name(manifest.payload.file, sealed=manifest.seal is not None)
    return zones.raw_dir(delivery) / name


def can_be_opened(zones: Zones, delivery: DeliveryId) -> bool:
    """Whether an accepted delivery's payload is still kept, with what opens its envelope when it is sealed."""
    try:
        manifest = read_manifest(zones.raw_dir(delivery) / "manifest.json")
    except (DeliveryRefused, OSError):
        return False
    kept = stored_path(zones, delivery, manifest).is_file()
    return kept and (manifest.seal is None or header_path(zones, str(delivery)).exists())


def opener_of(zones: Zones, delivery: DeliveryId, manifest: Manifest, receiver: Receiver) -> Opener | None:
    """Return what opens an accepted delivery; None for one that came plain.

    Raises :class:`IntegrationError` (DATA_KEY_SHREDDED), and :class:`KeyUnavailable` as unwrapping does.
    """
    if manifest.seal is None:
        return None
    header = header_of(zones, str(delivery))
    return Opener(str(receiver.identity(manifest.seal.audience)), header)


@contextmanager
def open_stored(
    path: Path, manifest: Manifest, opener: Opener | None, limits: Limits, tmp: Path
) -> Iterator[tuple[Path, BinaryIO | None]]:
    """Give a payload's name and, when it had to be taken out of its envelope at ``path``, the open file.

    Both are for :func:`~integration.deliveries.read.open_rows`. Raises :class:`DeliveryRefused` as `envelope.py`
    does.
    """
    if opener is None:
        yield path, None
        return
    from pyrage import x25519

    identity = x25519.Identity.from_str(opener.identity)
    with unnamed(tmp, manifest.payload.bytes) as opened:
        open_envelope(path, manifest, limits, identity, opened, header=opener.header)
        yield Path(manifest.payload.file), opened
