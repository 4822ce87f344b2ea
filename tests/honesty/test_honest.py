"""A fast part of ``make honesty``: few samplings of the truths that are seen well."""

import pytest

from tests.honesty.sampling import percentiles, rows
from tests.honesty.shapes import LENGTHS, OTHERS, OUTAGES, Shape

RUNS = 40
NAMED = {shape.name: shape for shape in (*OUTAGES, *OTHERS)}
SEEN = [
    "total for 1 s", "total for 5 s", "1/2 for 1 s", "1/3 for 5 s", "1/10 for 5 s", "each tenth for 5 s",
    "flapping: total, 0.5 s of each second, 5 s", "relapse: total 1 s, again after 10 s",
    "crash loop: 1/3, 1 s of each 3 s, 5 times", "users alone, total 3 s", "probes alone, total 3 s", "nothing",
]  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_the_truth_lies_inside_and_nothing_is_decided_wrongly(name: str) -> None:
    for row in rows(NAMED[name], 50, 100, RUNS, seed=3):
        assert row.inside >= RUNS - 2, row
        assert (row.wrong_held, row.wrong_broken) == (0, 0), row


@pytest.mark.parametrize("rate", [20, 50, 100])
def test_a_total_outage_is_known_to_three_distances_at_each_edge(rate: float) -> None:
    failing, recovery = rows(NAMED["total for 5 s"], rate, 0, RUNS, seed=3)
    assert failing.width <= 6.01 / rate
    assert recovery.width <= 3.01 / rate


@pytest.mark.parametrize("name", ["total 1 s, then 1/10 for 1 s", "1/10 for 1 s, then total 1 s"])
def test_a_tail_of_one_in_ten_belongs_to_the_outage_before_or_after_it(name: str) -> None:
    failing, recovery = rows(NAMED[name], 50, 100, 2 * RUNS, seed=3)
    assert failing.inside >= 2 * RUNS - 3, failing
    assert failing.wrong_held <= 2, failing
    assert recovery.inside == 2 * RUNS, recovery


def test_noise_makes_no_outage_longer_than_it_surely_was() -> None:
    for row in rows(NAMED["total 1 s, and noise of half the objective"], 50, 100, 2 * RUNS, seed=3):
        assert row.inside >= 2 * RUNS - 2, row
        assert row.wrong_broken == 0, row


def test_noise_that_the_objective_allows_breaks_nothing() -> None:
    (row,) = rows(NAMED["noise of half the objective"], 50, 100, RUNS, seed=3)
    assert (row.wrong_broken, row.endless) == (0, 0)
    assert row.width < 4, "N1: within 5 s"


def test_noise_of_twice_the_objective_is_not_held() -> None:
    (row,) = rows(NAMED["noise of twice the objective"], 100, 100, RUNS, seed=3)
    assert row.wrong_held <= 2, row


@pytest.mark.parametrize(("percent", "count"), [(50, 100), (95, 300), (1, 55)])
def test_the_range_of_a_percentile_is_honest(percent: float, count: int) -> None:
    row = percentiles(percent, count, 400, seed=3)
    assert row.inside >= 388, row


def test_what_is_simulated_is_what_was_asked_for() -> None:
    assert LENGTHS == (0.1, 0.3, 1.0, 5.0)
    assert Shape("x", NAMED["flapping: total, 0.5 s of each second, 5 s"].parts).failing == (2.5, 4.5)
