import math
from collections.abc import Callable

import pytest

from squall.report import evidence
from tests.report import runs


def test_the_phases_show_the_harm_and_the_recovery() -> None:
    before, during, after = evidence.phases(runs.broken()[0])
    assert (before.name, before.count, before.failed_share) == ("before the harm", 1000, 0.0)
    assert during.failed == 132
    assert during.failed_share == pytest.approx(8.8)
    assert during.p99 > 5 * before.p99
    assert (after.name, after.failed) == ("after the clean-up", 0)


def test_latencies_are_those_of_the_requests_that_succeeded() -> None:
    assert evidence.phases(runs.broken()[0])[1].p50 > 20


def test_what_was_cut_off_is_neither_failed_nor_sent_in_time() -> None:
    traffic = evidence.load_traffic(runs.stopped_early()[0])
    assert (traffic.due, traffic.dropped, traffic.unfinished) == (1151, 1, 1)
    assert evidence.phases(runs.stopped_early()[0])[-1].unknown == 2


def test_ready_instances_at_the_fewest_and_at_the_end() -> None:
    assert evidence.instances(runs.broken()[0]) == [evidence.Instances("api", 3, 2, 3)]


@pytest.mark.parametrize(
    ("stolen", "expected"),
    [
        # Two processors: a second counts 2 s. Of 32 beats one each lies about the harm and about the clean-up.
        (lambda t: 0.0, evidence.Stolen(0.0, 0.0)),
        (lambda t: 0.0 if runs.HARM - 0.5 < t < runs.UNDO + 1.5 else 2.0, evidence.Stolen(0.0, 0.0)),
        (lambda t: 1.0 if runs.HARM + 9.5 < t < runs.HARM + 12.5 else 0.0, evidence.Stolen(100 * 3 / 64, 50.0)),
    ],
    ids=["none", "elsewhere", "in the middle"],
)
def test_stolen_time_counts_from_the_harm_to_the_clean_up(
    stolen: Callable[[float], float], expected: evidence.Stolen
) -> None:
    found = evidence.stolen(runs.beating(runs.broken()[0], stolen))
    assert found is not None
    assert (found.share, found.worst) == pytest.approx((expected.share, expected.worst))


def test_a_record_that_does_not_say_it_has_no_stolen_time() -> None:
    assert evidence.stolen(runs.broken()[0]) is None


def test_an_empty_record_has_nothing_to_say() -> None:
    record, _ = runs.empty()
    assert evidence.phases(record) == []
    assert evidence.instances(record) == []
    assert evidence.load_traffic(record).due is None
    assert math.isnan(evidence.load_traffic(record).late_p99)
    assert evidence.zero(record) == 0.0


def test_zero_is_the_onset_and_without_one_the_moment_of_sending() -> None:
    assert evidence.zero(runs.broken()[0]) == runs.HARM - 0.001
    assert evidence.zero(runs.no_effect()[0]) == runs.HARM - 0.001


def test_only_a_harm_that_lasts_has_a_stretch() -> None:
    assert evidence.lasting(runs.broken()[0]) is None
    assert evidence.lasting(runs.null()[0]) is None
    stood = evidence.lasting(runs.record(None, runs.lasting_plan(20.0)))
    assert stood is not None
    assert stood.high - stood.low == pytest.approx(20)
