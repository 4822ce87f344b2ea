"""A crash loop in virtual time: others carry the load, or nobody does, or nothing was done at all."""

from pathlib import Path

import pytest

from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.crash_loop import CrashLoop
from squall.faults.fault import Target
from squall.instances import ONE, Instance
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROMISES = (Promise("succeed", SuccessShare(99, 30)), Promise("recovers", RecoversWithin("rerank-api", 10)))


@pytest.mark.parametrize(
    ("weakness", "verdict", "cause"),
    [
        (Weakness(), Verdict.HELD, None),
        (Weakness(replicas=1), Verdict.BROKEN, None),
        (Weakness(immune=True), Verdict.INCONCLUSIVE, Cause.NO_EFFECT),
    ],
    ids=["others carry the load", "there is no other", "nobody starts it again"],
)
def test_a_crash_loop_is_judged(weakness: Weakness, verdict: Verdict, cause: Cause | None, tmp_path: Path) -> None:
    clock = VirtualClock()
    on, folder = SimulatedPlatform("rerank-api", clock, weakness), RunFolder.create(tmp_path, "loop")
    fault, system = CrashLoop("rerank-api", ONE, 20.0), find_system("quantum-rerank", ROOT)
    scenario = Scenario("loop", "f", system, fault, PROMISES, rate=50, seed=1)
    judgement = Experiment(scenario, Surroundings(on, SimulatedTraffic(on, clock), clock), folder).run()
    assert (judgement.verdict, judgement.findings[0].cause) == (verdict, cause)
    assert on.calls.count("CrashLoop") == 1


class Says(SimulatedPlatform):
    """A platform that says of its instances what it is told to."""

    def __init__(self, *now: Instance) -> None:
        super().__init__("api", VirtualClock())
        self._listed = now

    def instances(self, service: str) -> tuple[Instance, ...]:
        return self._listed


def pod(name: str, incarnation: str, restarted: float | None = None, backing_off: bool = False) -> Instance:
    return Instance("api", name, incarnation, "n", ready=False, restarted=restarted, backing_off=backing_off)


def test_what_the_platform_says_of_restarts_confirms_it() -> None:
    struck = [pod("a", "a/1"), pod("b", "b/1"), pod("c", "c/1", 5.0)]
    now = [pod("a", "a/1", backing_off=True), pod("b", "b/2", 3.0), pod("c", "c/1", 35.0), pod("d", "d/2", 1.0, True)]
    said = CrashLoop("api", ONE, 20.0).confirmed(Target(Says(*now), struck, "run"))
    assert said == [
        ("a", "the platform waits before it starts it again (back-off)"),
        ("b", "the platform started it again 3 s ago"),
    ]
