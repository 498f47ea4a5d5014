"""Persons a second of the link encoding on one core, and two unsalted filters a person beside clkhash.

The persons are made up: surnames, given names and places as unevenly spread as Dutch ones, and for everyone another
national number, phone and email address, which is the worst case. ``persons_per_s`` is all of it: texts read and
normalised, every token, two salted channels for each of two names. Prints JSON; CPU seconds of this process, so that
other work on the machine counts less.

clkhash is compared when it is installed, else skipped by name: the same names, padded bigrams, eight bits a gram, 128
and 512 bits, a filter for each name. Ours are made for distinct names and joined back, as the encoding does; only
their salt is missing, which nothing but this benchmark leaves out.

    python benchmarks/bench_link_encoding.py [--persons 1000000] [--clk-persons 100000]
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import resource
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa

from integration.pseudonyms.link_columns import distinct
from integration.pseudonyms.link_encoder import LinkEncoder
from integration.pseudonyms.link_filters import FilterMaker, GramTable
from integration.pseudonyms.link_parameters import load_parameters
from integration.pseudonyms.link_readers import Reader, readers
from integration.pseudonyms.normalise import EARLIEST_BIRTH

KEY = bytes(range(32))
SYLLABLES = """aal ak bak beek ber boer bos brand bruin dam dijk donk eind berg ger groot haan hart heu hof huis jan
kamp ker klein koning kui laan land lin maas man meer mei mul nij oor pel pol pot rijn roos schip schout sen smit ster
straten veen veld ven ver vis vos waal weg wil wind wou zand zee zijl""".split()  # noqa: SIM905
WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--clk-persons", type=int, default=100_000)
    chosen = parser.parse_args()
    people = persons(chosen.persons)
    encoder = LinkEncoder(KEY)
    encoder.encode({name: column[:1000] for name, column in people.items()})
    seconds, table = timed(lambda: encoder.encode(people))
    again, _ = timed(partial(encoder.rekey, table, bytes(32)))
    report: dict[str, Any] = {
        "benchmark": "link_encoding",
        "python": platform.python_version(),
        "persons": chosen.persons,
        "tokens": len(encoder.parameters.tokens),
        "filters": len(encoder.parameters.filter_columns) // 2,
        "cpu_seconds": round(seconds, 2),
        "persons_per_s": round(chosen.persons / seconds),
        "second_pass_persons_per_s": round(chosen.persons / again),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    gc.collect()
    report["unsalted"] = unsalted(people, chosen.clk_persons)
    print(json.dumps(report, indent=2))


def persons(number: int) -> dict[str, pa.Array[Any]]:
    """Made-up persons, column by column."""
    rng = np.random.default_rng(20260101)

    def names(size: int, most: int, exponent: float) -> pa.Array[Any]:
        made: dict[str, None] = {}
        while len(made) < size:
            made["".join(rng.choice(SYLLABLES, rng.integers(1, most + 1))).title()] = None
        share = 1 / (np.arange(size) + 5) ** exponent
        places = rng.choice(size, number, p=share / share.sum())
        return pa.array(list(made)).take(pa.array(places))

    letters = [f"{a}{b}" for a in "ABCDEFGHJKLMNPRSTVWXZ" for b in "ABCDEFGHJKLMNPRSTVWXZ"]
    codes = rng.integers(1000, 9999, number), rng.integers(0, 100, number)
    return {
        "given_names": names(8_000, 3, 0.95),
        "surname": names(80_000, 4, 0.9),
        "birth_date": pa.array(rng.integers(-14_000, 20_000, number).astype("M8[D]")),
        "sex": pa.array(["1", "2"]).take(pa.array(rng.integers(0, 2, number))),
        "postcode": pa.array([f"{digits} {letters[at]}" for digits, at in zip(*codes, strict=True)]),
        "house": pa.array([str(house) for house in rng.integers(1, 400, number)]),
        "place": names(2_400, 3, 0.8),
        "number": pa.array(bsns(number)),
        "phone": pa.array([f"06{digits:08d}" for digits in rng.choice(10**8, number, replace=False)]),
        "email": pa.array([f"naam.{digits}@voorbeeld.nl" for digits in rng.permutation(number)]),
    }


def bsns(number: int) -> list[str]:
    """As many different numbers that pass the 11-test."""
    heads = np.arange(10_000_000, 10_000_000 + number * 2)
    digits = heads[:, None] // 10 ** np.arange(7, -1, -1) % 10
    checks = digits @ WEIGHTS % 11
    good = checks < 10
    return [f"{head}{check}" for head, check in zip(heads[good][:number], checks[good][:number], strict=True)]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def unsalted(people: dict[str, pa.Array[Any]], clk_persons: int) -> dict[str, Any]:
    """Two filters a person without salt, from texts as written, and the same of clkhash."""
    columns = {field: people[name] for field, name in (("given", "given_names"), ("surname", "surname"))}
    size = len(columns["given"])
    seconds = min(timed(lambda: ours(columns))[0] for _ in range(3))
    report: dict[str, Any] = {"persons_per_s": round(size / seconds)}
    if find_spec("clkhash") is None:
        return report | {"clkhash": "skipped: clkhash is not installed"}
    read = {
        field: Reader(lambda text: text.lower()).read(column[:clk_persons])
        for field, column in columns.items()
    }
    values = [[[value] for value in column.to_pylist()] for column in read.values()]
    for bits in (128, 512):
        seconds = min(timed(lambda length=bits: theirs(values, length))[0] for _ in range(2))
        rate = clk_persons / seconds
        report[f"clkhash_{bits}_bits"] = {
            "persons_per_s": round(rate),
            "times_as_fast": round(report["persons_per_s"] / rate, 1),
        }
    return report


def ours(columns: dict[str, pa.Array[Any]]) -> list[Any]:
    made = []
    how, parameters = readers(EARLIEST_BIRTH, EARLIEST_BIRTH, "any"), load_parameters().filters
    for field, texts in columns.items():
        column = distinct(texts, how[field])
        names = GramTable(KEY, field, parameters).names(column.values)
        known = np.flatnonzero(names.count)
        words = np.zeros((len(column.values), 2), dtype="<u8")
        no_salt = np.zeros((len(known), 2), dtype="<u8")
        words[known] = FilterMaker(KEY, field, "none", parameters).words(names, known, no_salt)
        made.append(words[column.codes])
    return made


def theirs(values: list[list[list[str]]], bits: int) -> None:
    from clkhash.clk import hash_chunk
    from clkhash.comparators import NgramComparison
    from clkhash.field_formats import BitsPerTokenStrategy as Strategy
    from clkhash.field_formats import FieldHashingProperties, StringSpec
    from clkhash.key_derivation import generate_key_lists
    from clkhash.schema import Schema

    for column in values:
        hashing = FieldHashingProperties(comparator=NgramComparison(2), strategy=Strategy(8))
        schema = Schema([StringSpec("name", hashing)], bits)
        hash_chunk(column, generate_key_lists("secret", 1), schema, validate_data=False)


if __name__ == "__main__":
    main()
