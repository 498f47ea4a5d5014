"""Search everything an installation has written for given texts: every byte, and every decoded table.

A search of bytes alone would say "nothing" too easily: Parquet and DuckDB compress strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from integration.decoded import contents
from integration.pseudonyms.tokens import parse_token

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.settings import Settings


_WORD = re.compile(r"0x[0-9a-f]{16}")


def traces(settings: Settings, domain: DomainCode, texts: Iterable[str]) -> list[Path]:
    """Return the files under the installation in which one of ``texts`` stands, as paths below its home.

    Of a token its 32 digits are sought, and the 16 bytes they mean; of a number of 64 bits (``0x`` and 16 digits) its
    8 bytes too. Everything is searched, of other domains too:
    ``domain`` says that the texts belong to it, and must fit the tokens among them (ValueError).
    """
    parsed = [(text, parse_token(text)) for text in texts]
    if any(token is not None and token.domain != domain for _, token in parsed):
        raise ValueError("a token of another domain")
    sought = {
        form for text, token in parsed for form in _forms(token.digest if token else text, token is not None)
    }
    if not sought:
        return []
    pattern = re.compile(b"|".join(re.escape(form) for form in sorted(sought)))
    home = settings.zones.home
    return [
        path.relative_to(home)
        for path in sorted(home.rglob("*"))
        if path.is_file() and any(pattern.search(content) for content in contents(path))
    ]


def _forms(text: str, is_token: bool) -> set[bytes]:
    if _WORD.fullmatch(text):
        number = int(text, 16)
        return {text.encode(), number.to_bytes(8, "little"), str(number - (number >> 63 << 64)).encode()}
    forms = {text.encode(), text.upper().encode(), text.encode("utf-16-le")}
    return forms | {bytes.fromhex(text)} if is_token else forms
