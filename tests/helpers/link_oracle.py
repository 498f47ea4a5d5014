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

from integration.pseudonyms.link_parameters import PARTS, FilterParameters, LinkParameters


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
                bits = name_bits(key, field, channel.name, values[field], reduce(xor, salts), made)
                words = [number(bits[:8]), number(bits[8:])]
            for place, word in enumerate(words):
                row[f"link_{field}_{channel.name}_{place}"] = word
    return row


def name_bits(key: bytes, field: str, channel: str, name: str, salt: bytes, made: FilterParameters) -> bytes:
    """The filter of a name: padded bigrams, which share out the bits to set."""
    padded = f"\x02{name}\x02"
    grams = [padded[at : at + 2] for at in range(len(padded) - 1)]
    bits = 0
    for place, gram in enumerate(grams):
        wanted = made.set_bits // len(grams) + (place < made.set_bits % len(grams))
        for again in range(-(-wanted // made.lanes)):
            block = xor(cmac(derived(key, f"gram {field}"), (gram + "\x03" * again).encode()), salt)
            drawn = Cipher(AES(derived(key, f"filter {field} {channel}")), ECB()).encryptor().update(block)
            bits |= block_bits(drawn, min(wanted - again * made.lanes, made.lanes), made.lanes)
    return bits.to_bytes(16, "little")


def block_bits(drawn: bytes, count: int, lanes: int) -> int:
    """One bit in each of some lanes of a block."""
    bits, width = 0, 128 // lanes
    first = (drawn[7] >> 5) % lanes
    for lane in [at % lanes for at in range(first, first + count)]:
        place = int.from_bytes(drawn[lane * width // 8 : (lane + 1) * width // 8], "little") % width
        bits |= 1 << lane * width + place
    return bits


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
