"""The grammar of names: what it reads it writes back, and nothing else gets through."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.names import DeliveryId, InvalidName, Period

PERIODS = [
    # text                start               end
    ("2026-W04", date(2026, 1, 19), date(2026, 1, 25)),
    ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ("2025-H2", date(2025, 7, 1), date(2025, 12, 31)),
    ("2025", date(2025, 1, 1), date(2025, 12, 31)),
    ("2025-Q3", date(2024, 10, 1), date(2025, 9, 30)),
    ("2025-Q4", date(2025, 1, 1), date(2025, 12, 31)),
    ("stand-2025-10-31", None, date(2025, 10, 31)),
]


@pytest.mark.parametrize(("text", "start", "end"), PERIODS)
def test_periods(text: str, start: date | None, end: date) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, str(period)) == (start, end, text)
    assert period.contains(end)


@pytest.mark.parametrize(
    "text", ["", "2025-W54", "2025-13", "2025-H3", "25", "stand-2025-02-30", "2025-W04 ", "0000"]
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(InvalidName):
        Period.parse(text)


@given(
    st.sampled_from(["wijkteam", "veilig_thuis"]),
    st.from_regex(r"[A-Z0-9]{2,12}", fullmatch=True),
    st.from_regex(r"GM[0-9]{4}", fullmatch=True),
    st.sampled_from([text for text, _, _ in PERIODS]),
    st.integers(0, 999_999),
)
def test_delivery_ids_read_back(
    source: str, supplier: str, municipality: str, period: str, sequence: int
) -> None:
    text = f"{source}.{supplier}.{municipality}.{period}.{sequence:04d}"
    assert str(DeliveryId.parse(text)) == text


@given(st.text())
def test_other_text_is_refused_without_repeating_it(text: str) -> None:
    for parse in (DeliveryId.parse, Period.parse):
        try:
            parsed = parse(text)
        except InvalidName as error:
            assert len(text) < 4 or text not in str(error)
        else:
            assert str(parsed) == text
