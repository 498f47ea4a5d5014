"""Suite (d): the same people, encoded for two municipalities and four purposes, have no pseudonym in common.

An extract is encoded whole for both, by both passes; every token and filter that stands in its tables, and what the
keys of each purpose make of the same messages, is held against every other. Within one domain and purpose the same must
come out, or nothing was shown.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from integration import parquet
from integration.attacks.suite import Clock, Result, keep_suppliers, private_folder, small_sample
from integration.decoded import shown
from integration.names import DomainCode
from integration.pseudonyms.first_pass import FIRST_PURPOSES, LINK, FirstPass, open_first_pass
from integration.pseudonyms.keyring import Keyring, open_keyring
from integration.pseudonyms.link_mentions import LinkChain
from integration.pseudonyms.link_names import is_link
from integration.pseudonyms.tokens import labelled, message, parse_token
from integration.storage import Zones

SHORT, FULL = 1_000, 100_000
_PLACES = ("GM0321", "GM0228")
_PURPOSES = (*FIRST_PURPOSES, LINK)


def separation(messages: int = SHORT) -> Result:
    """Hold every pair of (municipality, purpose) against each other; tried are pairs, survived those apart."""
    clock = Clock()
    with private_folder("separation") as folder:
        home = folder / "home"
        small_sample(home, municipalities=list(_PLACES), busy=2.0)
        zones = Zones(home)
        keys = open_keyring(zones.keys / "keyring.json", (zones.keys / "passphrase").read_bytes().strip())
        made = {(place, purpose): set[str]() for place in _PLACES for purpose in _PURPOSES}
        again = {name: set[str]() for name in made}
        for place in _PLACES:
            for purpose in _PURPOSES:
                made[place, purpose] = _tokens(zones, keys, DomainCode(place), purpose, messages)
                again[place, purpose] = _tokens(zones, keys, DomainCode(place), purpose, messages)
        delivered = _delivered(home, folder)
        for (place, purpose), tokens in delivered.items():
            made[place, purpose] |= tokens
    pairs = list(combinations(made, 2))
    apart = [pair for pair in pairs if not made[pair[0]] & made[pair[1]]]
    figures = {
        "municipalities": len(_PLACES),
        "purposes": len(_PURPOSES),
        "pseudonyms": sum(map(len, made.values())),
        "of_delivered_rows": sum(map(len, delivered.values())),
        "in_common": sum(len(made[a] & made[b]) for a, b in pairs),
        "control_same_again": all(again[name] <= made[name] and again[name] for name in made),
    }
    sure = len(apart) if figures["control_same_again"] and figures["of_delivered_rows"] else 0
    return Result("domain separation", len(pairs), sure, clock.seconds, figures)


def _tokens(zones: Zones, keys: Keyring, domain: DomainCode, purpose: str, count: int) -> set[str]:
    """The digits of what both passes make of the same messages."""
    passphrase = (zones.first_pass_keys / "passphrase").read_bytes().strip()
    first = open_first_pass(zones.first_pass_keys / f"{domain}.json", passphrase)
    if purpose == LINK:
        return _linked(first, keys, count)
    maker, second = first.maker(purpose), keys.maker(domain, purpose)
    texts = (message("bsn", labelled("bsn", f"{number:09}")) for number in range(count))
    return {second.token(maker.digest(text)).rsplit(".", 1)[1] for text in texts}


def _linked(first: FirstPass, keys: Keyring, count: int) -> set[str]:
    """What both passes make for linkage of so many numbers, names and dates."""
    from integration.pseudonyms.link_encoder import LinkEncoder

    numbers = [f"{number:09}" for number in range(count)]
    births = [f"{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(count)]
    made = LinkEncoder(first.link_key()).encode_values(
        {
            "number": numbers,
            "birth": births,
            "surname": ["kanariewal"] * count,
            "postcode": ["1234AB"] * count,
        }
    )
    columns = LinkChain(keys.chain(first.known.domain, LINK)).rekeyed(made)
    return {
        shown(number) for column in columns.values() for number in column.to_pylist() if number is not None
    }


def _delivered(home: Path, folder: Path) -> dict[tuple[str, str], set[str]]:
    """The tokens of one municipality's deliveries, and of the same rows delivered for the other."""
    from integration.attacks.planting import delivered

    keep_suppliers(home, ("veilig_thuis",), 1)
    zones = Zones(home)
    files = {file.manifest["municipality"]: file for file in delivered(zones)}
    one, other = (files[place] for place in _PLACES)
    place = one.place("gemeente_code")
    other.rows = [other.rows[0], *([*row[:place], _PLACES[1], *row[place + 1 :]] for row in one.rows[1:])]
    other.manifest["payload"]["rows"] = len(other.rows) - 1
    other.write()
    shutil.copytree(home, folder / "run")
    _encode_all(folder / "run")
    found = {(name, purpose): set[str]() for name in _PLACES for purpose in _PURPOSES}
    for path in (folder / "run" / "staging").rglob("*.parquet"):
        found[next(name for name in _PLACES if name in path.parts), LINK] |= set(_numbers(path))
        for text in _texts(path):
            token = parse_token(text)
            if token is not None:
                found[token.domain, token.purpose].add(token.digest)
    return found


def _encode_all(home: Path) -> None:
    from integration import pipeline
    from integration.attacks.suite import installation

    with installation(home):
        pipeline.receive()
        for delivery in pipeline.pending():
            pipeline.encode(delivery)


def _texts(path: Path) -> Iterator[str]:
    for column in parquet.read(path).columns:
        yield from (value for value in column.to_pylist() if isinstance(value, str))


def _numbers(path: Path) -> Iterator[str]:
    """What stands in the columns for linkage."""
    table = parquet.read(path)
    for name in filter(is_link, table.column_names):
        yield from (shown(number) for number in table.column(name).to_pylist() if number is not None)
