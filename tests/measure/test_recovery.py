import math
from collections.abc import Callable

import pytest

from squall.measure.recovery import observed, recovered
from squall.record.folder import Record
from tests.records import HARM, record, stream

UNTIL = HARM + 65


def run(fails: Callable[[float], bool], probes: Callable[[float], bool] | None = None, rate: float = 50) -> Record:
    return record(stream(rate, fails), stream(100, probes or fails))


def test_recovered_is_the_start_of_the_stretch_that_goes_on() -> None:
    back = recovered(run(lambda t: 100 <= t < 106), HARM, UNTIL)
    assert 105.9 <= back.when.low <= 106 <= back.when.high <= 106.06
    assert (back.stretches, back.doubt) == (1, "")


def test_good_before_the_first_bad_one_is_not_hit_yet() -> None:
    assert recovered(run(lambda t: 127 <= t < 140), HARM, UNTIL).when.low > 139.9


def test_a_flapping_system_has_recovered_when_it_stops() -> None:
    back = recovered(run(lambda t: int(t) % 3 == 0 and t < 130), HARM, UNTIL)
    assert 129.9 < back.when.low <= 130 <= back.when.high < 130.1
    assert back.stretches > 5


@pytest.mark.parametrize(("users", "probes"), [((100, 130), (0, 0)), ((0, 0), (100, 130)), ((100, 110), (100, 130))])
def test_users_alone_and_probes_alone_must_be_served(users: tuple[int, int], probes: tuple[int, int]) -> None:
    back = recovered(run(lambda t: users[0] <= t < users[1], lambda t: probes[0] <= t < probes[1]), HARM, UNTIL)
    assert back.when.low > 129.9


def test_what_never_recovers_has_no_end() -> None:
    back = recovered(run(lambda t: t > 100), HARM, UNTIL)
    assert back.when.high == math.inf
    assert back.when.low > UNTIL - 0.1
    assert "not kept for 5s" in back.doubt


def test_too_few_samples_are_never_sure() -> None:
    back = recovered(run(lambda t: False, rate=5), HARM, UNTIL)
    assert back.when.high == math.inf
    assert "users: 26 samples in 5s, 200 needed" in back.doubt


def test_what_users_could_not_have_seen_is_no_zero() -> None:
    when = recovered(run(lambda t: False), HARM, UNTIL).when
    assert when.low == HARM
    assert when.high == pytest.approx(HARM + 0.88, abs=0.03)


def test_slow_answers_are_no_recovery_either() -> None:
    rows = [s._replace(done=s.sent + 1) if HARM <= s.intended < HARM + 10 else s for s in stream(50)]
    assert recovered(record(rows, stream(100)), HARM, UNTIL).when.low > HARM + 9.9


def test_observing_ends_with_the_clean_up_or_with_the_last_that_was_seen() -> None:
    assert observed(record(stream(50))) == HARM + 65
    assert observed(record(stream(50)).until(HARM + 3)) == pytest.approx(HARM + 3, abs=0.03)
