"""A mail server on this machine that keeps what it is sent."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Postbox:
    """What came in, oldest first; ``url`` is how Airflow reaches it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.url = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.messages]

    def wait_for(self, text: str, seconds: float = 120) -> Message:
        """The first message with ``text`` in its subject; fails when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.messages:
                if text in str(message["Subject"]):
                    return message
            time.sleep(0.5)
        raise AssertionError(f"no message with {text!r}: {self.subjects()}")


def text_of(message: Message) -> str:
    """The readable part of a message."""
    body = message.get_body(("html", "plain"))  # type: ignore[attr-defined]
    return str(body.get_content())


@contextmanager
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        box.url = f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true&from_email=airflow%40gemeente.example"
        yield box
    finally:
        controller.stop()
