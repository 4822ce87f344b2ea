import math
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from squall.faults.crash import Crash
from squall.measure.steady import LUCK, at_most, most_bad, violation
from squall.record.event import LoadStarted, ProberStarted
from squall.record.folder import RunFolder
from squall.record.plan import Objective
from squall.record.samples import DROPPED, Sample, SampleWriter
from squall.run.scenario import Scenario
from squall.run.steady_state import SteadyState, SteadyStateGate
from squall.run.traffic_log import TrafficLog
from squall.verdict import Cause
from tests.records import stream, system

START = 100.0
NOW = 130.0


class Logs:
    """The logs of a run, written as a test goes on."""

    def __init__(self, path: Path, users: float = 50.0, timeout: float = 5.0) -> None:
        self.folder = RunFolder(path)
        self.rate = users
        described = system()
        load = described.load.model_copy(update={"timeout": timeout})
        self.scenario = Scenario(
            "crash", "feature", described.model_copy(update={"load": load}), Crash("api"), (), rate=users
        )
        self._writers = SampleWriter(self.folder.requests), SampleWriter(self.folder.probes)
        self.folder.append(LoadStarted(START, "load", START, users))
        self.folder.append(ProberStarted(START, "prober", START, 50.0))
        self.gate = SteadyStateGate(self.scenario, TrafficLog(self.scenario, self.folder))

    def since(self, moment: float) -> SteadyState:
        return SteadyState(self.scenario, TrafficLog(self.scenario, self.folder), since=moment, window=5.0)

    def write(self, users: list[Sample], probes: list[Sample]) -> None:
        for writer, samples in zip(self._writers, (users, probes), strict=True):
            for sample in samples:
                writer.add(sample)
            writer.flush()

    def serve(
        self,
        users: Callable[[float], bool] = lambda t: False,
        probes: Callable[[float], bool] = lambda t: False,
        end: float = NOW,
    ) -> None:
        self.write(stream(self.rate, users, start=START, end=end), stream(100, probes, start=START, end=end))


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def every(number: int, rate: float) -> Callable[[float], bool]:
    return lambda t: round((t - START) * rate) % number == 0


def test_a_window_of_good_service_is_steady(logs: Logs) -> None:
    logs.serve()
    assert logs.gate.violation(NOW) is None
    assert logs.gate.passed == (START, START + 10)
    assert logs.gate.looks == 1


def test_before_the_window_is_over_it_is_not(logs: Logs) -> None:
    logs.serve(end=START + 9)
    assert logs.gate.violation(START + 9) == "the steady window is not over yet"
    assert logs.gate.cause is Cause.NOT_STEADY


def test_windows_follow_each_other(logs: Logs) -> None:
    """What was bad in one is not looked at again, and no window begins within another."""
    logs.serve(users=lambda t: t < START + 1, end=START + 19)
    assert (logs.gate.violation(START + 19) or "").startswith("users: 90.00% succeeded (99% wanted)")
    logs.write(stream(50, start=START + 19, end=NOW), stream(100, start=START + 19, end=NOW))
    assert logs.gate.violation(NOW) is None
    assert (logs.gate.passed, logs.gate.looks) == ((START + 10, START + 20), 2)


@pytest.mark.parametrize("who", ["users", "probes"])
def test_users_and_probes_are_two_witnesses(logs: Logs, who: str) -> None:
    """5 % of the one fail for ever, all is well for the other: added up, 1.7 % or 3.3 % would."""
    if who == "users":
        logs.serve(users=every(20, 50))
    else:
        logs.serve(probes=every(20, 100))
    assert (logs.gate.violation(NOW) or "").startswith(f"{who}: 95.00% succeeded (99% wanted)")


def test_a_quarter_of_the_users_who_wait_is_not_steady(tmp_path: Path) -> None:
    """R2c: 15 users a second beside 100 probes, which have no part in what is slow."""
    logs = Logs(tmp_path, users=20)
    users = [
        sample._replace(done=sample.sent + 1.0) if number % 4 == 0 else sample
        for number, sample in enumerate(stream(20, start=START, end=NOW))
    ]
    logs.write(users, stream(100, start=START, end=NOW))
    assert logs.gate.violation(NOW) == "users: 100.00% succeeded (99% wanted), p95 1000ms (200ms wanted)"


def test_what_is_under_way_is_waited_for(tmp_path: Path) -> None:
    """S1: a third of the users hang for 12 s before they give up. Their requests are not in the log until then."""
    logs = Logs(tmp_path, timeout=12.0)
    users = stream(50, start=START, end=NOW)
    hanging, served = users[::3], [sample for number, sample in enumerate(users) if number % 3]
    logs.write(served, stream(100, start=START, end=NOW))
    assert logs.gate.violation(START + 11) == "the steady window is not over yet"
    given_up = [s._replace(done=s.sent + 12, status=0, ok=False, error="timeout") for s in hanging]
    logs.write(given_up, [])
    assert (logs.gate.violation(NOW) or "").startswith("users: 66.60% succeeded (99% wanted)")


def test_where_a_log_keeps_no_schedule_users_are_given_all_their_patience(tmp_path: Path) -> None:
    logs = Logs(tmp_path, timeout=5.0)
    logs.serve()
    logs.write(stream(50, start=START, end=NOW), [])
    assert logs.gate.violation(START + 15.4) == "the steady window is not over yet"
    assert logs.gate.violation(START + 15.6) is None


def test_too_few_users_are_no_witness(tmp_path: Path) -> None:
    logs = Logs(tmp_path, users=4)
    logs.serve()
    assert logs.gate.violation(NOW) == "users: 40 samples, 200 needed"


def test_a_load_that_is_not_made_is_not_the_system_s_fault(logs: Logs) -> None:
    users = stream(50, start=START, end=NOW)
    dropped = [s._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED) for s in users]
    logs.write(dropped, stream(100, start=START, end=NOW))
    assert logs.gate.violation(NOW) == "1500 of 1500 arrivals never left the load generator"
    assert logs.gate.cause is Cause.LOAD_SHORT


def test_after_the_clean_up_only_what_came_since_counts(logs: Logs) -> None:
    logs.serve(users=lambda t: t < 112, end=120)
    assert not logs.since(116.0).kept(120.0)
    assert logs.since(112.0).kept(120.0)


def test_a_relapse_is_seen_by_who_asks_again(logs: Logs) -> None:
    again = logs.since(START)
    logs.serve(end=110)
    assert again.kept(110.0)
    logs.write(stream(50, lambda t: True, start=110, end=112), stream(100, start=110, end=112))
    assert not again.kept(112.0)


def test_exactly_the_allowed_share_is_kept() -> None:
    """1 of 1,000 at 99.9 %, where the difference of the floats is a hair less than 1."""
    samples = stream(100, lambda t: t == START, start=START, end=START + 10)
    assert sum(not sample.ok for sample in samples) == 1
    assert violation(samples, Objective(99.9, 95, 200)) is None
    assert violation(samples[:999], Objective(99.9, 95, 200)) is not None


@pytest.mark.parametrize("windows", [1, 4, 7, 100])
@pytest.mark.parametrize(("requests", "allowed"), [(250, 0.05), (500, 0.01), (500, 0.05), (3000, 0.01), (3000, 0.001)])
def test_looking_again_lets_few_systems_pass_by_luck(requests: int, allowed: float, windows: int) -> None:
    """Exactly: the chance that a system which is bad twice as often as it may be passes one of so many windows."""
    share = max(2 * allowed, unseen_share(requests, windows))
    missed = 1.0
    for look in range(1, windows + 1):
        most = most_bad(requests, allowed, LUCK / 2**look)
        missed *= 1 - (at_most(most, requests, share) if most >= 0 else 0)
    assert 1 - missed <= LUCK


def unseen_share(requests: int, windows: int) -> float:
    """The share from which on a system is seen where windows are too short for twice its allowance: none may be bad."""
    return float(1 - (LUCK / 2 / windows) ** (1 / requests))


class Drawn(TrafficLog):
    """The requests of a system each of which fails with the same chance, 50 a second; its probes are well."""

    def __init__(self, fails: float, seed: int) -> None:
        self._fails, self._chance, self.behind = fails, random.Random(seed), 0.5
        self._read = START

    def known(self, now: float) -> float:
        return now

    def read(self) -> tuple[list[Sample], list[Sample]]:
        start, self._read = self._read, self._read + 5
        users = stream(50, lambda _: self._chance.random() < self._fails, start=start, end=self._read)
        return users, list(well(start, self._read))


@cache
def well(start: float, end: float) -> tuple[Sample, ...]:
    """Return probes that are all answered: the same for each of hundreds of systems."""
    return tuple(stream(50, start=start, end=end))


def steady(fails: float, seed: int) -> bool:
    """Whether a system is called steady, within a patience of seven windows of 5 s."""
    described = system()
    short = described.model_copy(update={"steady": described.steady.model_copy(update={"window": 5.0})})
    scenario = Scenario("crash", "feature", short, Crash("api"), (), rate=50)
    gate = SteadyStateGate(scenario, Drawn(fails, seed))
    return any(gate.violation(START + 5 * number) is None for number in range(1, 8))


def test_systems_that_are_not_steady_hardly_ever_pass() -> None:
    """2 % of the users fail for ever at an objective of 99 %: by sliding windows most such systems passed."""
    assert sum(steady(0.02, seed) for seed in range(400)) <= 400 * LUCK


def test_systems_that_are_well_pass() -> None:
    """Half of what may fail does: the gate is not strict for its own sake."""
    assert sum(steady(0.005, seed) for seed in range(200)) >= 180


def test_a_window_that_may_be_luck_is_looked_at_with_the_next(logs: Logs) -> None:
    logs.serve(users=lambda t: t in {START + 1, START + 3, START + 5, START + 7}, end=START + 11)
    assert "so few of 500 may be luck" in (logs.gate.violation(START + 11) or "")
    logs.write(stream(50, start=START + 11, end=NOW), stream(100, start=START + 11, end=NOW))
    assert logs.gate.violation(NOW) is None
    assert (logs.gate.passed, logs.gate.looks) == ((START, START + 20), 2)
