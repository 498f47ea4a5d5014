"""How the first pass hands its batches to the second, from one process to another: frames through a pipe.

A frame is one byte for its kind, eight bytes (big-endian) for its length, and its body: a record batch in Arrow's
form, or at last one JSON object with the result or with why there is none. Nothing is written on disk between.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from integration.contracts.model import Contract
from integration.errors import IntegrationError
from integration.pseudonyms.tables import NAMES, first_schemas
from integration.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD = struct.Struct(">BQ")
RESULT, FAILURE = len(NAMES), len(NAMES) + 1
_MOST_BYTES = 1024**3
"""A frame holds one batch of a few thousand rows; anything near this size is none."""


class FrameWriter:
    """Writes frames; its :meth:`batch` is a sink of the first pass."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def batch(self, name: str, batch: pa.RecordBatch) -> None:
        """Write one batch of a table."""
        self._write(NAMES.index(name), batch.serialize())

    def last(self, kind: int, content: dict[str, Any]) -> None:
        """Write the result or the failure, and hand everything on."""
        self._write(kind, json.dumps(content, sort_keys=True).encode())
        self._stream.flush()

    def _write(self, kind: int, body: Any) -> None:
        self._stream.write(_HEAD.pack(kind, len(body)))
        self._stream.write(body)


class FrameReader:
    """Reads frames: the batches as they come, then ``kind`` and ``content`` of the last; kind is None without one."""

    def __init__(self, stream: BinaryIO, contract: Contract) -> None:
        self._stream = stream
        self._schemas = first_schemas(contract)
        self.kind: int | None = None
        self.content: dict[str, Any] = {}

    def __iter__(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield each batch with its table's name; stop at the last frame, or where the stream is cut off."""
        import pyarrow as pa

        while (frame := self._next()) is not None:
            kind, body = frame
            if kind >= len(NAMES):
                self.kind, self.content = kind, json.loads(body)
                return
            name = NAMES[kind]
            batch = pa.ipc.read_record_batch(pa.py_buffer(body), self._schemas[name])
            batch.validate()
            yield name, batch

    def _next(self) -> tuple[int, bytes] | None:
        head = self._stream.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        kind, length = _HEAD.unpack(head)
        if kind > FAILURE or length > _MOST_BYTES:
            raise IntegrationError(Reason.INTERNAL, "not a frame")
        body = self._stream.read(length)
        return (kind, body) if len(body) == length else None
