"""A queue whose consumer stands still, in virtual time: held, broken, nobody brings anything, no such queue."""

from pathlib import Path

import pytest

from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.errors import Misuse
from squall.faults.consumer_stopped import ConsumerStopped
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
API = "rerank-api"
PROMISES = Promise("recovers", RecoversWithin(API, 10)), Promise("succeed", SuccessShare(99, 10))


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


def run(system: System, folder: Path, weakness: Weakness, queue: str = "redis jobs") -> Judgement:
    clock = VirtualClock()
    platform, fault = SimulatedPlatform(API, clock, weakness), ConsumerStopped(API, queue, 8.0)
    scenario = Scenario("queue", "f", system, fault, PROMISES, rate=50, seed=1)
    experiment = Experiment(
        scenario, Surroundings(platform, SimulatedTraffic(platform, clock), clock), RunFolder.create(folder, "queue")
    )
    return experiment.run()


def test_a_backlog_that_grows_proves_it_and_what_users_feel_is_judged(system: System, tmp_path: Path) -> None:
    recovers, succeed = run(system, tmp_path, Weakness(brought=5.0)).findings
    assert (recovers.verdict, succeed.verdict) == (Verdict.HELD, Verdict.BROKEN)


def test_a_queue_that_nobody_brings_anything_to_proves_nothing(system: System, tmp_path: Path) -> None:
    judgement = run(system, tmp_path, Weakness(brought=0.0))
    assert (judgement.verdict, judgement.headline.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)
    assert "the backlog of redis jobs was 0, and 0 after" in judgement.headline.reason


def test_a_consumer_that_goes_on_proves_nothing(system: System, tmp_path: Path) -> None:
    judgement = run(system, tmp_path, Weakness(brought=5.0, immune=True))
    assert (judgement.verdict, judgement.headline.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)


def test_a_queue_that_the_system_file_does_not_name_is_refused(system: System, tmp_path: Path) -> None:
    with pytest.raises(
        Misuse, match=r'no queue "mail" in platforms.simulated.stores \(known: postgres jobs, redis jobs'
    ):
        run(system, tmp_path, Weakness(), "mail")
