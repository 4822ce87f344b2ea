import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.units import as_duration, per_second, percent, rounded, seconds


@pytest.mark.parametrize(
    ("text", "value"), [("200ms", 0.2), ("30s", 30), ("1.5s", 1.5), ("5m", 300), ("1h", 3600), ("0s", 0)]
)
def test_durations_are_seconds(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["30", "30sec", "5 minutes", "-1s", "1e3s", "s", "", " 5s", "1d", "30S", "9" * 400 + "s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write 200ms, 30s, 5m or 1h"):
        seconds(text)


def test_rates_are_per_second() -> None:
    assert per_second("0.5/s") == 0.5
    for text in ("50", "50/m", "0/s", "-1/s", "9" * 400 + "/s"):
        with pytest.raises(ValueError, match="is not a rate above 0; write 50/s"):
            per_second(text)


def test_shares_are_percent() -> None:
    assert percent("99.5%") == 99.5
    assert percent("100%") == 100
    for text in ("99.5", "101%", "0.99", "-1%"):
        with pytest.raises(ValueError, match=r"is not a share; write 99\.5%"):
            percent(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0ms"),
        (0.0123, "12.3ms"),
        (0.9996, "1s"),
        (1.234, "1.23s"),
        (59.99, "60s"),
        (999.7, "1000s"),
        (1e4, "10000s"),
    ],
)
def test_durations_are_written_with_three_figures(value: float, text: str) -> None:
    assert as_duration(value) == text


@given(st.floats(0, 1e6))
def test_no_duration_is_written_with_an_exponent(value: float) -> None:
    text = as_duration(value)
    assert "e+" not in text
    assert math.isclose(float(text.rstrip("ms")) * (0.001 if text.endswith("ms") else 1), value, rel_tol=0.005)


def test_large_counts_are_written_out() -> None:
    assert rounded(123456, "requests") == "123456 requests"
    assert rounded(99.12345, "%") == "99.12%"
