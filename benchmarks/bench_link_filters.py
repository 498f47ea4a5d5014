"""Ways to turn a gram into bits, compared on names that were misspelled: which tells persons apart best?

Surnames and given names of FEBRL 4: true pairs whose names differ, against as many pairs of different persons, by the
Dice coefficient of their filters (128 bits, padded bigrams, one salt for all). ``auc`` is the chance that a true pair
scores above a false one. ``popcount`` says how well a filter's number of bits tells a name's length (1 is exactly),
and what is left when short names are filled up to eight grams. Prints JSON; named and skipped without the data.

    python benchmarks/bench_link_filters.py [--data /path/to/splink-datasets]
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from integration.pseudonyms.link_digests import BlockCipher
from integration.pseudonyms.link_values import given, surname

REPEATS = 20
"""Keys tried: what a way of setting bits loses by chance is averaged over them."""


def lanes(cipher: BlockCipher, blocks: Any) -> Any:
    """One bit in each of eight stretches of sixteen: what the encoding does."""
    places = cipher.encrypt(blocks).view("<u2") & np.uint16(15)
    return np.left_shift(np.uint16(1), places).view("<u8").reshape(-1, 2)


def four_lanes(cipher: BlockCipher, blocks: Any) -> Any:
    """One bit in each of four stretches of 32: half as many bits."""
    places = cipher.encrypt(blocks).view("<u4") & np.uint32(31)
    return np.left_shift(np.uint32(1), places).view("<u8").reshape(-1, 2)


def positions(cipher: BlockCipher, blocks: Any) -> Any:
    """Eight positions of 128, which may coincide: the classic Bloom filter."""
    places = (cipher.encrypt(blocks).view("<u2") & np.uint16(127)).reshape(-1, 8).astype(np.uint64)
    bit = np.left_shift(np.uint64(1), places & np.uint64(63))
    high = places > 63
    words = [np.bitwise_or.reduce(np.where(half, bit, np.uint64(0)), axis=1) for half in (~high, high)]
    return np.stack(words, axis=1)


def four_blocks(cipher: BlockCipher, blocks: Any) -> Any:
    """Four blocks ANDed: each bit is set with chance 1/16."""
    found = [cipher.encrypt(blocks ^ np.array([number, 0], dtype="<u8")) for number in range(4)]
    return found[0] & found[1] & found[2] & found[3]


WAYS: dict[str, Callable[[BlockCipher, Any], Any]] = {
    "lanes": lanes,
    "four_lanes": four_lanes,
    "positions": positions,
    "four_blocks": four_blocks,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    folder = parser.parse_args().data
    if folder is None or not (folder / "dataset4a.csv").is_file():
        print(json.dumps({"benchmark": "link_filters", "skipped": "FEBRL 4 is not there (--data)"}))
        return
    report: dict[str, Any] = {"benchmark": "link_filters", "keys": REPEATS}
    for field, column, reader in (("surname", "surname", surname), ("given", "given_name", given)):
        left, right = pairs(folder, column, reader)
        report[field] = compare(left, right) | {"auc_filled_to_8_grams": filled(left, right)}
    report["popcount"] = popcounts(left + right)
    report["ns_a_gram"] = {way: round(speed(maker), 1) for way, maker in WAYS.items()}
    print(json.dumps(report, indent=2))


def pairs(folder: Path, column: str, reader: Callable[[str], str | None]) -> tuple[list[str], list[str]]:
    """True pairs whose names are both there and differ."""
    halves = []
    for name in ("dataset4a.csv", "dataset4b.csv"):
        with (folder / name).open(encoding="utf-8") as lines:
            rows = csv.DictReader(lines, skipinitialspace=True)
            halves.append({row["rec_id"].split("-")[1]: reader(row[column]) for row in rows})
    found = [(left, halves[1][number]) for number, left in halves[0].items() if number in halves[1]]
    kept = [(left, right) for left, right in found if left and right and left != right]
    return [left for left, _ in kept], [right for _, right in kept]


def filled(left: list[str], right: list[str]) -> float:
    """AUC when names of fewer than eight grams are filled up with grams of their own."""
    other = right[1:] + right[:1]
    filters = (Filters(lanes, number) for number in range(REPEATS))
    return round(
        float(np.mean([auc(made.dice(left, right, 8), made.dice(left, other, 8)) for made in filters])), 5
    )


def compare(left: list[str], right: list[str]) -> dict[str, Any]:
    """AUC and the Dice coefficients of true and false pairs for each way, over all keys."""
    shuffled = [right[(row + 1 + row * 7919) % len(right)] for row in range(len(right))]
    false = [(a, b) for a, b in zip(left, shuffled, strict=True) if a != b]
    result: dict[str, Any] = {"true_pairs": len(left), "false_pairs": len(false)}
    for way, maker in WAYS.items():
        aucs, missed, high, true_all = [], [], [], []
        for number in range(REPEATS):
            filters = Filters(maker, number)
            true = filters.dice(left, right)
            other = filters.dice([a for a, _ in false], [b for _, b in false])
            aucs.append(auc(true, other))
            missed.append(float((true < 0.65).mean()))
            high.append(float((other >= 0.5).mean()))
            true_all.append(true)
        result[way] = {
            "auc": round(float(np.mean(aucs)), 5),
            "true_below_.65": round(float(np.mean(missed)), 4),
            "false_from_.5": round(float(np.mean(high)), 5),
            "spread_of_true_by_key": round(float(np.std(true_all, axis=0).mean()), 4),
        }
    return result


class Filters:
    """Filters of names under one key, unsalted."""

    def __init__(self, maker: Callable[[BlockCipher, Any], Any], number: int) -> None:
        self._maker, self._cipher = maker, BlockCipher(bytes([number]) * 16)
        self._gram = BlockCipher(bytes([number]) * 15 + b"g")

    def words(self, names: list[str], least: int = 0) -> Any:
        made = []
        for name in names:
            padded = f" {name} "
            found = list(dict.fromkeys(padded[at : at + 2] for at in range(len(padded) - 1)))
            found += [f"{name}{number}" for number in range(least - len(found))]
            texts = b"".join(gram.encode()[:16].ljust(16, b"\0") for gram in found)
            blocks = self._gram.encrypt(np.frombuffer(texts, dtype="<u8").reshape(-1, 2))
            made.append(np.bitwise_or.reduce(self._maker(self._cipher, blocks), axis=0))
        return np.array(made)

    def dice(self, left: list[str], right: list[str], least: int = 0) -> Any:
        a, b = self.words(left, least), self.words(right, least)
        shared, both = bits(a & b), bits(a) + bits(b)
        return 2 * shared / both


def bits(words: Any) -> Any:
    return np.bitwise_count(words).sum(axis=1).astype(float)


def auc(true: Any, false: Any) -> float:
    ranks = rankdata(np.concatenate([true, false]))
    return float((ranks[: len(true)].sum() - len(true) * (len(true) + 1) / 2) / (len(true) * len(false)))


def popcounts(names: list[str]) -> dict[str, Any]:
    """How much of a name's length its popcount tells: squared correlation, and bits of information."""
    length = np.array([len(name) for name in names])
    result: dict[str, Any] = {"bits_in_length": round(information(length, length), 2)}
    for label, least in (("as_it_is", 0), ("filled_to_8_grams", 8)):
        count = bits(Filters(lanes, 1).words(names, least))
        result[label] = {
            "r2": round(float(np.corrcoef(length, count)[0, 1] ** 2), 3),
            "bits_told": round(information(length, count), 2),
        }
    return result


def information(one: Any, other: Any) -> float:
    """Mutual information of two columns in bits."""
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one.astype(int), other.astype(int)), 1 / len(one))
    alone = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
    return float((table[table > 0] * np.log2(table[table > 0] / alone[table > 0])).sum())


def speed(maker: Callable[[BlockCipher, Any], Any]) -> float:
    blocks = np.arange(400_000, dtype="<u8").reshape(-1, 2)
    cipher, best = BlockCipher(bytes(16)), float("inf")
    for _ in range(5):
        started = time.process_time()
        maker(cipher, blocks)
        best = min(best, time.process_time() - started)
    return best / len(blocks) * 1e9


if __name__ == "__main__":
    main()
