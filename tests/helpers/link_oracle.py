"""The link encoding in plain Python, one person at a time: what the vectorised one is held against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from integration.pseudonyms.link_parameters import PARTS, LinkParameters


def encoded(key: bytes, parameters: LinkParameters, values: Mapping[str, str | None]) -> dict[str, object]:
    """Encode one person's normalised values."""
    row: dict[str, object] = {"sex": values.get("sex") or None}
    for token in parameters.tokens:
        digests = [part_digest(key, part, values) for part in token.parts]
        row[token.column] = None
        if None not in digests:
            block = reduce(xor, digests, cmac(derived(key, "label"), token.label.encode()))
            row[token.column] = number(cmac(derived(key, "token"), block)[:8])
    made = parameters.filters
    for field in made.fields:
        for channel in made.channels:
            if field not in channel.by_field:
                continue
            salts = [part_digest(key, part, values) for part in channel.by_field[field]]
            words: list[int | None] = [None, None]
            if values.get(field) and None not in salts:
                bits = name_bits(key, field, channel.name, values[field], reduce(xor, salts), made.lanes)
                words = [number(bits[:8]), number(bits[8:])]
            for place, word in enumerate(words):
                row[f"link_{field}_{channel.name}_{place}"] = word
    return row


def name_bits(key: bytes, field: str, channel: str, name: str, salt: bytes, lanes: int) -> bytes:
    """The filter of a name: padded bigrams, each one bit in every lane."""
    padded = f"\x02{name}\x02"
    bits, width = 0, 128 // lanes
    for gram in {padded[at : at + 2] for at in range(len(padded) - 1)}:
        block = xor(cmac(derived(key, f"gram {field}"), gram.encode()), salt)
        made = Cipher(AES(derived(key, f"filter {field} {channel}")), ECB()).encryptor().update(block)
        for lane in range(lanes):
            place = int.from_bytes(made[lane * width // 8 : (lane + 1) * width // 8], "little") % width
            bits |= 1 << lane * width + place
    return bits.to_bytes(16, "little")


def part_digest(key: bytes, part: str, values: Mapping[str, str | None]) -> bytes | None:
    """A part's 16 bytes, or None."""
    value = values.get(PARTS[part])
    text = part_text(part, value) if value else None
    under = "birth" if part == "birth_swapped" else part
    return cmac(derived(key, f"part {under}"), text.encode()) if text else None


def part_text(part: str, value: str) -> str | None:
    """A part's text."""
    if part == "pc4":
        british = re.fullmatch("[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}", value)
        return value[:-3] if british else value[:4]
    if not part.startswith("birth"):
        return value
    year, month, day = ([*value.split("-"), "", ""])[:3]
    swapped = f"{year}-{day}-{month}" + ("-alike" if day == month else "")
    texts = {
        "birth": day and value,
        "birth_swapped": day and swapped,
        "birth_my": month and f"{year}-{month}",
        "birth_dy": day and f"{year}---{day}",
        "birth_dm": day and f"{month}-{day}",
        "birth_year": year,
        "birth_decade": year[:3],
    }
    return texts[part] or None


def derived(key: bytes, purpose: str) -> bytes:
    """The AES key of a purpose."""
    info = b"integration link encoding 1 " + purpose.encode()
    return HKDF(SHA256(), 16, None, info).derive(key)


def cmac(key: bytes, text: bytes) -> bytes:
    """AES-CMAC of one message."""
    made = CMAC(AES(key))
    made.update(text)
    return made.finalize()


def xor(one: bytes, other: bytes) -> bytes:
    """Exclusive or."""
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def number(word: bytes) -> int:
    """A word as stored."""
    return int.from_bytes(word, "little", signed=True)
