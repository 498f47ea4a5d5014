"""How far a newly trained model moved from the one in use, in bits of match weight."""

from __future__ import annotations

from dataclasses import dataclass

from integration.errors import IntegrationError
from integration.linkage.model.declaration import Level
from integration.linkage.model.parameters import Model, weight
from integration.reasons import Reason


@dataclass(frozen=True)
class Change:
    """One level's weight before and after, in bits."""

    comparison: str
    level: str
    before: float
    after: float

    @property
    def bits(self) -> float:
        """How far it moved."""
        return abs(self.after - self.before)


@dataclass(frozen=True)
class Drift:
    """All changes, the largest first, and that of the prior."""

    changes: tuple[Change, ...]
    prior_bits: float

    @property
    def largest_bits(self) -> float:
        """The largest change of any level's weight; 0 when nothing can be compared."""
        return self.changes[0].bits if self.changes else 0.0


def compare_models(old: Model, new: Model) -> Drift:
    """Compare the weights of the levels that both models know."""

    def weights(model: Model) -> dict[tuple[str, str], float]:
        return {key: weight(Level(key[1], m, u)) for key, (m, u) in model.parameters.items()}

    before, after = weights(old), weights(new)
    changes = [Change(*key, before[key], after[key]) for key in before.keys() & after.keys()]
    changes.sort(key=lambda change: (-change.bits, change.comparison, change.level))
    return Drift(tuple(changes), abs(new.prior_weight - old.prior_weight))


def same_encoding(model: Model, fingerprint: str) -> None:
    """Refuse records of another encoding than the model was trained on (LINK_VERSIONS_MIXED)."""
    if model.encoding is not None and model.encoding != fingerprint:
        raise IntegrationError(Reason.LINK_VERSIONS_MIXED, "the model was trained on another encoding")
