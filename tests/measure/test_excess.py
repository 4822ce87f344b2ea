"""Excess and its margins, against references that are slow and obvious."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.measure.excess import Stretch, allowance, excess, hidden, longest, margin, unseen

FLAGS = st.lists(st.booleans(), max_size=60)
ALLOWED = st.sampled_from([0.0, 0.001, 0.01, 0.05, 0.2])


def is_excess(bad: int, total: int, allowed: float) -> bool:
    """Say it as the definition says it."""
    if allowed == 0:
        return bad > 0
    over = total * allowed
    return bad - over - 3 * math.sqrt(over) - 2 > 1e-9


def obvious(flags: list[bool], allowed: float) -> set[int]:
    """Return the requests in the shortest stretches of excess, each found by trying all."""
    places = [index for index, flag in enumerate(flags) if flag]
    counts, count = [], 1 if allowed == 0 else 3
    while count <= len(places):
        counts.append(count)
        count += max(1, count // 8)
    found: list[tuple[int, int]] = []
    for count in counts:
        fresh = [
            (a, b)
            for a, b in zip(places, places[count - 1 :], strict=False)
            if is_excess(count, b - a + 1, allowed) and not any(a <= c and d <= b for c, d in found)
        ]
        found += fresh
    return {index for a, b in found for index in range(a, b + 1)}


@given(FLAGS, ALLOWED)
def test_excess_is_what_trying_every_stretch_finds(flags: list[bool], allowed: float) -> None:
    found = excess(np.array(flags, np.bool_), allowed)
    covered = {index for each in found for index in range(each.first, each.last + 1)}
    assert covered == obvious(flags, allowed)
    assert all(a.last < b.first for a, b in pairwise(found))
    assert all(each.bad == sum(flags[each.first : each.last + 1]) for each in found)


@given(st.integers(1, 400), st.sampled_from([0.001, 0.01, 0.05, 0.2]))
def test_the_longest_stretch_is_excess_and_one_more_is_not(bad: int, allowed: float) -> None:
    length = longest(bad, allowed)
    assert length == 0 or is_excess(bad, int(length), allowed)
    assert not is_excess(bad, int(length) + 1, allowed)


def test_the_table_that_a_user_checks_by_hand() -> None:
    assert [longest(bad, 0.01) for bad in (2, 3, 4, 5, 6, 10, 20)] == [0, 9, 31, 62, 99, 289, 899]


def test_a_bad_one_far_away_does_not_make_an_outage_longer() -> None:
    flags = np.zeros(1000, np.bool_)
    flags[100:200] = flags[500] = True
    assert excess(flags, 0.01) == [Stretch(100, 199, 100)]


@pytest.mark.parametrize("share", [0.0025, 0.005])
def test_noise_within_the_objective_is_no_excess(share: float) -> None:
    rng = np.random.default_rng(3)
    found = [excess(rng.random(3000) < share, 0.01) for _ in range(200)]
    assert sum(bool(each) for each in found) <= 12
    assert sum(each.last - each.first for some in found for each in some) < 200 * 3000 * 0.001


def test_noise_twice_the_objective_is_found_in_time() -> None:
    rng = np.random.default_rng(3)
    assert sum(bool(excess(rng.random(10000) < 0.02, 0.01)) for _ in range(50)) == 50


@pytest.mark.parametrize(("share", "near"), [(1.0, 40), (0.5, 40), (1 / 3, 40), (0.1, 40), (1.0, 5)])
def test_the_margin_rules_out_that_the_share_goes_on(share: float, near: int) -> None:
    rng = random.Random(5)
    missed = 0
    for _ in range(1000):
        good = margin(sum(rng.random() < share for _ in range(near)), near)
        missed += all(rng.random() >= share for _ in range(good))
    assert missed <= 15


def test_a_total_outage_has_narrow_margins_and_no_share_has_endless_ones() -> None:
    assert margin(39, 39) == 2
    assert margin(4, 40) == margin(0, 40) == 51


@given(st.integers(0, 8))
def test_what_a_tenth_may_hide_shows_less_than_once_in_a_hundred(bad: int) -> None:
    def at_most(total: int) -> float:
        return sum(math.comb(total, k) * 0.1**k * 0.9 ** (total - k) for k in range(bad + 1))

    assert at_most(unseen(bad)) < 0.01 <= at_most(unseen(bad) - 1)


def test_a_few_bad_ones_may_hide_a_longer_outage_than_none() -> None:
    flags = np.zeros(300, np.bool_)
    assert hidden(flags) == (0, 44)
    flags[[100, 130]] = True
    first, last = hidden(flags)
    assert (last - first, first <= 100) == (unseen(2), True)


def test_exactly_the_allowed_share_is_kept() -> None:
    assert allowance(1000, 1 - 80 / 100) == 200
    assert allowance(1000, 1 - 99.9 / 100) == 1
    assert allowance(999, 0.001) == 0
