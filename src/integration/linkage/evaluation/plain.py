"""Plain-text Splink on the same fields and the same pairs, to compare with. It sees what encoded linkage never does."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection
from typing import Any

import duckdb

THRESHOLD = 0.0
"""Splink's own: as likely one person as two."""

_NAME_LEVELS = (0.92, 0.88, 0.7)
_BIRTH = (
    ("day and month swapped", "year_l = year_r and month_l = day_r and day_l = month_r"),
    ("year and a part", "year_l = year_r and (month_l = month_r or day_l = day_r)"),
    ("day and month", "month_l = month_r and day_l = day_r"),
    ("year", "year_l = year_r"),
)
_SESSIONS = (
    ("birth",),
    ("postcode",),
    ("number",),
    ("email",),
    ("phone",),
    ("given", "surname"),
    ("place", "surname"),
)
_CERTAIN = (("number",), ("email",), ("phone",), ("given", "surname", "birth"))
"""Equal on all of one of these: one person, for four in five persons."""


def plain_columns(con: duckdb.DuckDBPyConnection, fields: str, into: str) -> list[str]:
    """Make the table Splink reads out of normalised fields; return its columns with content."""
    names = [row[0] for row in con.execute(f"describe {fields}").fetchall()]
    birth = (
        """, nullif(left(birth, 4), '') as year, nullif(substr(birth, 6, 2), '') as month,
        nullif(substr(birth, 9, 2), '') as day"""
        if "birth" in names
        else ""
    )
    pc4 = """, case when length(postcode) = 6 then left(postcode, 4)
        else left(postcode, greatest(length(postcode) - 3, 3)) end as pc4"""
    con.execute(
        f"create or replace table {into} as select *{birth}{pc4 if 'postcode' in names else ''} from {fields}"
    )
    return names


def comparisons(names: Collection[str]) -> list[dict[str, Any]]:
    """Jaro-Winkler levels and term frequencies on names, partial birth dates, postcode, the rest for equality."""
    made = [_name(name) for name in ("given", "surname") if name in names]
    if "birth" in names:
        made.append(_birth())
    if "postcode" in names:
        made.append(_comparison("postcode", [("area", '"pc4_l" = "pc4_r"')], frequency=False))
    exact = [name for name in ("number", "sex", "phone", "email") if name in names]
    made += [_comparison(name, [], frequency=False) for name in exact]
    made += [
        _comparison(name, [], frequency=True)
        for name in names
        if name in ("place", "house") or name.startswith("extra_")
    ]
    return made


def _name(name: str) -> dict[str, Any]:
    levels = [
        (f"at least {t}", f'jaro_winkler_similarity("{name}_l", "{name}_r") >= {t}') for t in _NAME_LEVELS
    ]
    return _comparison(name, levels, frequency=True)


def _birth() -> dict[str, Any]:
    made = _comparison("birth", list(_BIRTH), frequency=False)
    made["comparison_levels"][0]["sql_condition"] = '"year_l" is null or "year_r" is null'
    return made


def _comparison(name: str, levels: list[tuple[str, str]], *, frequency: bool) -> dict[str, Any]:
    same: dict[str, Any] = {"sql_condition": f'"{name}_l" = "{name}_r"', "label_for_charts": "same"}
    if frequency:
        same |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0}
    return {
        "output_column_name": name,
        "comparison_levels": [
            {
                "sql_condition": f'"{name}_l" is null or "{name}_r" is null',
                "label_for_charts": "unknown",
                "is_null_level": True,
            },
            same,
            *({"sql_condition": sql, "label_for_charts": label} for label, sql in levels),
            {"sql_condition": "ELSE", "label_for_charts": "differs"},
        ],
    }


_MOST_PAIRS = 20_000_000
"""Of a session: Splink takes no sample of them, and more would take it the hour that nothing is measured of."""


class PlainLinker:
    """Splink, trained and applied on a table of normalised fields (columns record, fields)."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, table: str, names: Collection[str], rules: Collection[str] = ()
    ) -> None:
        from splink import Linker
        from splink.backends.duckdb import DuckDBAPI

        self.con, self.table, self.names = con, table, list(names)
        self.notes: list[str] = []
        self._api = DuckDBAPI(con)
        settings: dict[str, Any] = {
            "link_type": "dedupe_only",
            "unique_id_column_name": "record",
            "comparisons": comparisons(names),
            "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in rules],
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": False,
            "max_iterations": 25,
        }
        self.linker = Linker(self._api.register(table), settings, log_level=logging.CRITICAL)

    def train(self, seed: int = 1) -> None:
        """Chances between two persons from random pairs, within one by EM on one session a field."""
        from splink import block_on

        training = self.linker.training
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certain = [rule for rule in _CERTAIN if set(rule) <= set(self.names) and self._pairs(rule)]
            if certain:
                rules = [block_on(*rule) for rule in certain]
                self._try(training.estimate_probability_two_random_records_match, rules, recall=0.8)
            self._try(training.estimate_u_using_random_sampling, max_pairs=2e6, seed=seed)
            for session in _SESSIONS:
                if set(session) <= set(self.names) and self._pairs(session) <= _MOST_PAIRS:
                    self._try(training.estimate_parameters_using_expectation_maximisation, block_on(*session))

    def predict(self, blocked: str, into: str) -> None:
        """Score the pairs of table ``blocked`` (left, right) into ``into`` (left, right, match_weight)."""
        self.con.execute(
            f"create or replace table plain_pairs as "
            f'select "left" as join_key_l, "right" as join_key_r, \'0\' as match_key '
            f"from {blocked}"
        )
        self.linker.table_management.register_blocked_pairs_for_predict(self._api.register("plain_pairs"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = self.linker.inference.predict(warning_mode="never")
            except Exception as error:
                self.notes.append(f"plain: prediction not possible: {type(error).__name__}")
                self.con.execute(
                    f'create or replace table {into} ("left" bigint, "right" bigint, match_weight double)'
                )
                return
        self.con.execute(
            f'create or replace table {into} as select least(record_l, record_r) as "left", '
            f'greatest(record_l, record_r) as "right", match_weight from {found.physical_name}'
        )

    def _pairs(self, rule: tuple[str, ...]) -> int:
        """How many pairs are equal on the rule. Without any, Splink takes the prior for zero."""
        names = ", ".join(rule)
        known = " and ".join(f"{name} is not null" for name in rule)
        sql = (
            "select coalesce(sum(n * (n - 1) // 2), 0) from "
            f"(select count(*) as n from {self.table} where {known} group by {names})"
        )
        return int(self.con.execute(sql).fetchall()[0][0])

    def _try(self, step: Any, *arguments: Any, **options: Any) -> None:
        """A step of training that these data do not allow is passed over and noted."""
        try:
            step(*arguments, **options)
        except Exception as error:
            self.notes.append(f"plain: {step.__name__} not possible: {type(error).__name__}")
