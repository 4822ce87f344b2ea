"""A platform that withholds: a scenario is skipped where it has not what is needed, refused where we may not use it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.no_failure import NoFailure
from squall.errors import Misuse
from squall.faults.crash import Crash
from squall.platforms.capability import Host, Need, Permits
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.preflight import absent_weakness, permit, unoffered
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.system.system import find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock
from tests.records import system


class Withholding(SimulatedPlatform):
    def __init__(self, lacking: Sequence[str] = (), absent: str = "") -> None:
        super().__init__("api", VirtualClock())
        self._lacking, self._absent = lacking, absent

    def needed(self, need: Need) -> Sequence[str]:
        assert need == Need(Host, "Crash", "api")
        return [*self._lacking, "list pods in web"]

    def missing(self, need: Need) -> Sequence[str]:
        assert need == Need(Host, "Crash", "api")
        return self._lacking

    def absent(self, need: Need) -> str:
        return self._absent


def test_who_may_do_all_is_not_hindered() -> None:
    on = Withholding()
    assert isinstance(on, Permits)
    assert unoffered(on, Crash("api")) == ""
    permit(on, Crash("api"))


def test_a_platform_that_knows_no_rights_needs_none() -> None:
    on = SimulatedPlatform("api", VirtualClock())
    assert not isinstance(on, Permits)
    assert unoffered(on, Crash("api")) == ""
    permit(on, Crash("api"))


def test_what_is_absent_is_named_with_the_reason() -> None:
    said = unoffered(Withholding(absent="privileged pods are forbidden"), Crash("api"))
    assert said == ("simulated (virtual) does not offer Host, which Crash needs: privileged pods are forbidden")


def test_a_right_that_is_missing_refuses_the_run_before_anything_is_done(tmp_path: Path) -> None:
    on = Withholding(["create pods in squall", "create pods/exec in squall"])
    folder = RunFolder.create(tmp_path, "crash")
    scenario = Scenario("crash", "crash", system(), Crash("api"), [Promise("no request fails", NoFailure())], rate=50)
    clock = VirtualClock()
    with pytest.raises(Misuse, match=r"Crash on simulated \(virtual\) is refused: the account lacks the right to "
                                     r"create pods in squall; create pods/exec in squall \(squall rbac"):  # fmt: skip
        Experiment(scenario, Surroundings(on, SimulatedTraffic(on, clock), clock), folder).run()
    assert on.calls == ["check"]
    assert not UndoLog(folder.undo).open_entries()


class Marked(SimulatedPlatform):
    """One on which an earlier run died, and left a node cordoned."""

    def leftovers(self) -> Sequence[str]:
        return ["20261121T093000-drain: the harm to node worker, until 2026-11-21 10:05:00 UTC"]


def test_a_run_beside_what_a_dead_one_left_is_refused(tmp_path: Path) -> None:
    clock = VirtualClock()
    on = Marked("api", clock)
    folder = RunFolder.create(tmp_path, "crash")
    scenario = Scenario("crash", "crash", system(), Crash("api"), [Promise("no request fails", NoFailure())], rate=50)
    with pytest.raises(Misuse, match=r"virtual still bears what dead runs did: 20261121T093000-drain: the harm to "
                                     r"node worker.*; undo it first: squall undo --context virtual$"):  # fmt: skip
        Experiment(scenario, Surroundings(on, SimulatedTraffic(on, clock), clock), folder).run()
    assert on.calls == ["check"]


def test_a_weakness_without_its_folder_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    on = SimulatedPlatform("rerank-api", VirtualClock())
    on.name = "kind"
    whole = find_system("quantum-rerank", Path(__file__).parents[2])
    scenario = Scenario("crash", "crash", whole, Crash("rerank-api"), (), rate=50)
    weakness = next(iter(whole.platforms.clusters()["kind"].weaknesses))
    scenario = replace(scenario, weaknesses=[weakness])
    assert absent_weakness(on, scenario) == ""
    moved = replace(scenario, system=whole.model_copy(update={"folder": tmp_path}))
    assert f'the weakness "{weakness}" of quantum-rerank is not on the disk: there is no {tmp_path}' in absent_weakness(
        on, moved
    )
