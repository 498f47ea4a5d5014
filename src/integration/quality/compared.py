"""A delivery beside earlier ones of its supplier, and beside what was agreed with it: measures that a suite judges.

``rijen_kans``              chance of this number of rows after the earlier deliveries of the same kind
``rijen_buiten_afspraak``   how far the rows are outside the agreed range: the share that is lacking (or too many)
``rijen_onverklaarbaar``    the same, but 0 as long as earlier deliveries make such a number at all likely
``dagen_te_laat``           days after the agreed day, 0 or less on time
``<column>_verschoven_kans``  chance of such a distribution of codes after the earlier ones of the same kind,
                              corrected for the number of columns
``<column>_constant_kans``  chance of one code in every row that has one, as found, after all earlier deliveries
A measure that cannot be taken (no earlier delivery, nothing agreed) is absent. The tests are in :mod:`.tested`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from integration.names import DeliveryId
from integration.quality.frame import Facts, Measure
from integration.quality.layout import CONSTANT, SHIFTED, Column
from integration.quality.tested import (
    constant_chance,
    corrected,
    row_count_chance,
    same_distribution_chance,
)

if TYPE_CHECKING:
    import pandas as pd

LAST = 6
"""With how many of the last deliveries one is compared: older ones say little of what is usual now."""
AS_GOOD_AS_NEVER = 1e-6
"""Chance of a row count under which the agreed range decides whether it can be at all."""
EMPTY = ""
"""Stands for an empty field among the codes of a column."""


@dataclass(frozen=True)
class Profile:
    """What comparison needs of a delivery: counts only.

    ``kind`` is that of its period (stock, week, month, half-year). ``codes`` counts each code of a column with codes,
    over the accepted rows. ``doubted`` are the columns with a measure whose check the delivery itself did not meet.
    """

    delivery_id: str
    kind: str
    rows_in: int
    rows_ok: int
    rows_refused: int
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    doubted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Agreed:
    """What was agreed of a delivery, as far as it was: the last day, and the least and most rows; and when it came."""

    arrived: date | None = None
    due: date | None = None
    rows: tuple[int, int] | None = None


Comparer = Callable[[Profile], Mapping[str, Measure]]
"""Gives the measures of a delivery."""


def profile(
    delivery: DeliveryId, facts: Facts, frame: pd.DataFrame | None, columns: Iterable[Column]
) -> Profile:
    """Count what is compared; without a ``frame`` (a nil return) there are no codes."""
    codes: dict[str, Mapping[str, int]] = {}
    for column in columns:
        if frame is not None and column.kind == "code" and column.name in frame.columns:
            values = frame[column.name]
            counted = {str(code): int(number) for code, number in values.value_counts().items()}
            empty = int(values.isna().sum())
            codes[column.name] = counted | ({EMPTY: empty} if empty else {})
    return Profile(
        str(delivery), delivery.period.kind, facts.rows_in, facts.rows_ok, facts.rows_refused, codes
    )


def measures(
    now: Profile, earlier: Sequence[Profile], agreed: Agreed, columns: Sequence[str]
) -> dict[str, Measure]:
    """Take every measure that can be taken. ``earlier`` are accepted deliveries, oldest first, of any kind.

    ``columns`` are the ones whose codes are compared.
    """
    alike = [one for one in earlier if one.kind == now.kind][-LAST:]
    found = {} if agreed.arrived is None or agreed.due is None else {
        "dagen_te_laat": Measure((agreed.arrived - agreed.due).days, max(now.rows_in, 1))
    }  # fmt: skip
    found |= _row_measures(now, alike, agreed)
    if now.rows_ok:
        found |= _shifts(now, alike, columns)
        found |= _constants(now, earlier[-LAST:], columns)
    return found


def _row_measures(now: Profile, alike: Sequence[Profile], agreed: Agreed) -> dict[str, Measure]:
    found, rows = {}, max(now.rows_in, 1)
    usual = [one for one in alike if "rijen_kans" not in one.doubted] or alike
    chance = row_count_chance(now.rows_in, [one.rows_in for one in usual])
    if chance is not None:
        found["rijen_kans"] = Measure(chance, rows)
    if agreed.rows is not None:
        outside = outside_range(now.rows_in, agreed.rows)
        found["rijen_buiten_afspraak"] = Measure(outside, rows)
        if chance is not None:
            found["rijen_onverklaarbaar"] = Measure(outside if chance < AS_GOOD_AS_NEVER else 0.0, rows)
    return found


def outside_range(rows: int, agreed: tuple[int, int]) -> float:
    """How far rows are outside the agreed least and most: 0 inside, 0.5 at half the least or twice the most."""
    least, most = agreed
    if rows < least:
        return 1 - rows / least
    return 1 - most / rows if rows > most else 0.0


def _shifts(now: Profile, alike: Sequence[Profile], columns: Sequence[str]) -> dict[str, Measure]:
    chances = {}
    for column in columns:
        before = _pooled(column, alike, column + SHIFTED)
        if before and now.codes.get(column):
            seed = _seed(now.delivery_id, column)
            chances[column] = same_distribution_chance(now.codes[column], before, seed)
    return {name + SHIFTED: Measure(chance, now.rows_ok) for name, chance in corrected(chances).items()}


def _constants(now: Profile, earlier: Sequence[Profile], columns: Sequence[str]) -> dict[str, Measure]:
    """Only filled fields are compared: how many are empty differs between stocks and periods, as cases get older."""
    found = {}
    for column in columns:
        before = _filled(_pooled(column, earlier, column + CONSTANT))
        filled = _filled(now.codes.get(column, {}))
        chance = constant_chance(filled, before)
        if chance is not None:
            found[column + CONSTANT] = Measure(chance, sum(filled.values()))
    return found


def _filled(codes: Mapping[str, int]) -> dict[str, int]:
    return {code: number for code, number in codes.items() if code != EMPTY}


def _pooled(column: str, earlier: Sequence[Profile], measure: str) -> dict[str, int]:
    """The codes of a column over earlier deliveries, without those that were doubted for it unless all were."""
    usual = [one for one in earlier if measure not in one.doubted] or earlier
    total: Counter[str] = Counter()
    for one in usual:
        total.update(one.codes.get(column, {}))
    return dict(total)


def _seed(*parts: str) -> int:
    """A number that is the same whenever the same column of the same delivery is tested."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8], "big")
