"""A small part of ``make truth``: real load and real prober against a server that fails by the millisecond."""

import random
from itertools import pairwise

import numpy as np
import pytest

from squall.interval import Interval
from tests.honesty.truth import MARGIN, ScriptedOutage, measured, scripted

# Twelve outages of a second or so each, on a machine that must not take the load's time away: of the proof.
pytestmark = [pytest.mark.slow, pytest.mark.proof]
COUNT = 12


def test_the_script_s_own_figures_lie_inside_what_squall_says() -> None:
    run = measured(COUNT, seed=11)
    assert run.failed_here == run.failed_there > COUNT
    seen = [each for each in run.outages if each.seen_well]
    assert len(seen) >= COUNT // 2
    assert [each for each in seen if not each.inside(run.way)] == []
    total = [each.error for each in seen if each.share == 1.0]
    # An edge lies between two arrivals, 10 ms apart; and a busy machine answers late.
    assert np.median(total) < 0.02


def test_a_range_that_does_not_hold_the_truth_is_none() -> None:
    wide, narrow = Interval(0.9, 1.1), Interval(1.02, 1.1)
    ends = Interval(10.9, 11.1)
    assert ScriptedOutage(10.0, 11.0, 1.0, wide, ends).inside()
    assert not ScriptedOutage(10.0, 11.0, 1.0, narrow, ends).inside()
    assert ScriptedOutage(10.0, 11.0, 1.0, narrow, ends).inside(way=0.03)
    assert not ScriptedOutage(10.0, 11.0, 1.0, wide, Interval(11.01, 11.1)).inside()


def test_outages_of_a_script_keep_apart() -> None:
    script = scripted(30, 5.0, random.Random(3))
    assert all(after - end >= MARGIN for (_, end, _), (after, _, _) in pairwise(script))
