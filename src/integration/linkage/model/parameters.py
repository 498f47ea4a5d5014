"""The person model: what is compared, with what weights, from which weight on; kept as JSON that Splink can read."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from integration.errors import DeclarationError
from integration.linkage.model.declaration import Comparison, Declaration, Level, Rule, read_declaration
from integration.linkage.model.levels import columns_of, condition, fitting, null_condition
from integration.reasons import Reason

SHIPPED = Path(__file__).parent / "model-1.json"
WEIGHT_LIMIT = 24.0
"""No single comparison says more than this many bits, whatever was estimated."""

Parameters = Mapping[tuple[str, str], tuple[float, float]]
"""(comparison, level) to (m, u)."""


@dataclass(frozen=True)
class Model:
    """A person model. ``encoding`` is the fingerprint of the encoding it was trained on, None before training.

    ``threshold`` and ``grey`` are match weights: log2 of the odds that a pair is one person.
    """

    declaration: Declaration
    prior: float
    threshold: float
    grey: tuple[float, float]
    parameters: Parameters = field(default_factory=dict)
    rules: tuple[Rule, ...] | None = None
    encoding: str | None = None
    trained: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version of the declaration."""
        return self.declaration.version

    @property
    def prior_weight(self) -> float:
        """The match weight of a pair of which nothing is known."""
        return math.log2(self.prior / (1 - self.prior))

    def fit(self, columns: Collection[str]) -> list[Comparison]:
        """The comparisons that can be made with these columns, with the parameters of this model."""
        fitted = [c for declared in self.declaration.comparisons for c in fitting(declared, columns)]
        return [replace(c, levels=tuple(self._level(c, level) for level in c.levels)) for c in fitted]

    def _level(self, comparison: Comparison, level: Level) -> Level:
        m, u = self.parameters.get((comparison.name, level.label), (level.m, level.u))
        return replace(level, m=m, u=u)

    def columns(self) -> list[str]:
        """Every column the model was made or trained for."""
        held = self.trained.get("columns")
        return list(held) if held else standard_columns(self.declaration)

    def splink_settings(self, columns: Collection[str] | None = None) -> dict[str, Any]:
        """Settings that Splink 5 reads (charts, waterfall, Spark, a second opinion on the weights)."""
        held = list(columns) if columns is not None else self.columns()
        rules = self.rules if self.rules is not None else self.declaration.rules
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "record",
            "probability_two_random_records_match": self.prior,
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": True,
            "blocking_rules_to_generate_predictions": [
                {"blocking_rule": " and ".join(f"l.{name} = r.{name}" for name in rule.columns)}
                for rule in rules
                if set(rule.columns) <= set(held)
            ],
            "comparisons": [_splink_comparison(c, held) for c in self.fit(held)],
        }

    def as_dict(self) -> dict[str, Any]:
        """The model as JSON: Splink's settings and what goes around them."""
        return {
            "version": self.version,
            "threshold": self.threshold,
            "grey": list(self.grey),
            "encoding": self.encoding,
            "rules": None if self.rules is None else [list(rule.columns) for rule in self.rules],
            "trained": dict(self.trained),
            "splink": self.splink_settings(),
        }


def weight(level: Level) -> float:
    """The match weight of a level in bits: log2(m / u), bounded."""
    return max(-WEIGHT_LIMIT, min(WEIGHT_LIMIT, math.log2(level.m / level.u)))


def standard_columns(declared: Declaration) -> list[str]:
    """Every column the declaration speaks of, filters of every channel included (extra fields are not known)."""
    from integration.linkage.model.declaration import CHANNELS, OPEN_CHANNELS, SALTS

    names = {"sex", *SALTS.values()}
    for comparison in declared.comparisons:
        names.update(
            comparison.known, comparison.exact, comparison.apart, comparison.shared, comparison.instead
        )
        for level in comparison.levels:
            names.update(level.same, level.swapped, level.also)
        if comparison.filter:
            names.update(
                f"{comparison.filter}_{channel}_{word}"
                for channel in CHANNELS + OPEN_CHANNELS
                for word in (0, 1)
            )
    for rule in declared.rules:
        names.update(rule.columns)
    return sorted(name for name in names if "*" not in name)


def new_model(declared: Declaration | None = None) -> Model:
    """The untrained model of a declaration (None: the shipped one)."""
    declared = declared or read_declaration()
    return Model(declared, declared.prior, declared.threshold, declared.grey)


def load_model(path: Path | None = None) -> Model:
    """Read a model (None: the shipped one).

    Raises :class:`DeclarationError` (LINK_MODEL_INVALID) when it cannot be read, and LINK_VERSIONS_MIXED when it is
    of another version of the declaration.
    """
    path = path or SHIPPED
    try:
        return model_from_dict(json.loads(path.read_text(encoding="utf-8")))
    except DeclarationError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DeclarationError(Reason.LINK_MODEL_INVALID, type(error).__name__, file=path.name) from None


def model_from_dict(found: Mapping[str, Any]) -> Model:
    """The model of what :meth:`Model.as_dict` gave; its SQL is made anew from the declaration of its version."""
    declared = read_declaration()
    if found["version"] != declared.version:
        raise DeclarationError(Reason.LINK_VERSIONS_MIXED, f"model of version {found['version']}")
    settings = found["splink"]
    parameters = {
        (comparison["output_column_name"], level["label_for_charts"]): _checked(level)
        for comparison in settings["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
    }
    low, high = found["grey"]
    rules = found["rules"]
    return Model(
        declaration=declared,
        prior=float(settings["probability_two_random_records_match"]),
        threshold=float(found["threshold"]),
        grey=(float(low), float(high)),
        parameters=parameters,
        rules=None if rules is None else tuple(Rule(tuple(columns)) for columns in rules),
        encoding=found["encoding"],
        trained=dict(found["trained"]),
    )


def _checked(level: Mapping[str, Any]) -> tuple[float, float]:
    m, u = float(level["m_probability"]), float(level["u_probability"])
    if not (0 < m <= 1 and 0 < u <= 1):
        raise ValueError("a chance lies between 0 and 1")
    return m, u


def save_model(model: Model, path: Path) -> None:
    """Write a model, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(model.as_dict(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(part, path)


def _splink_comparison(comparison: Comparison, columns: Collection[str]) -> dict[str, Any]:
    null = {
        "sql_condition": null_condition(comparison, columns),
        "label_for_charts": "unknown",
        "is_null_level": True,
    }
    levels = [
        {
            "sql_condition": condition(comparison, level, columns),
            "label_for_charts": level.label,
            "m_probability": level.m,
            "u_probability": level.u,
        }
        for level in comparison.levels
    ]
    return {
        "output_column_name": comparison.name,
        "comparison_description": f"{comparison.name}: {len(columns_of(comparison, columns))} columns",
        "comparison_levels": [null, *levels],
    }
