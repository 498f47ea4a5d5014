"""Opening an accepted delivery where it is kept: in the raw zone, sealed unless it came plain.

What is opened lies in a file without a name, so that whatever ends the process leaves nothing that can be read.
Light to import: the process that encodes uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from integration.deliveries.data_keys import BODY, header_of
from integration.deliveries.envelope import open_envelope
from integration.deliveries.manifest import ENVELOPE_SUFFIX, Manifest
from integration.deliveries.read import Limits
from integration.deliveries.seal_keys import Receiver
from integration.names import DeliveryId
from integration.storage import Zones, unnamed


def stored_name(payload: str, *, sealed: bool) -> str:
    """Return what the payload of that name is called in the raw zone."""
    suffix = Path(payload).suffix.lower()
    return f"payload{suffix}{ENVELOPE_SUFFIX}{BODY}" if sealed else f"payload{suffix}"


@contextmanager
def open_stored(
    zones: Zones, delivery: DeliveryId, manifest: Manifest, receiver: Receiver, limits: Limits
) -> Iterator[tuple[Path, BinaryIO | None]]:
    """Give an accepted delivery's payload: its path, and the open file when it had to be taken out of its envelope.

    Both are for :func:`~integration.deliveries.read.open_rows`. Raises :class:`IntegrationError`
    (DATA_KEY_SHREDDED), :class:`DeliveryRefused` as `envelope.py` does, :class:`KeyUnavailable`.
    """
    raw = zones.raw_dir(delivery)
    plain = raw / stored_name(manifest.payload.file, sealed=False)
    if manifest.seal is None:
        yield plain, None
        return
    header = header_of(zones, str(delivery))
    body = raw / stored_name(manifest.payload.file, sealed=True)
    identity = receiver.identity(manifest.seal.audience)
    with unnamed(zones.tmp, manifest.payload.bytes) as opened:
        open_envelope(body, manifest, limits, identity, opened, header=header)
        yield plain, opened
