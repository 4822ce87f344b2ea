from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.no_failure import NoFailure
from squall.errors import Misuse
from squall.faults.cordon import Cordon
from squall.faults.crash import Crash
from squall.faults.fault import Fault, Harm, Target
from squall.faults.freeze import Freeze
from squall.faults.in_turn import InTurn
from squall.faults.node_stop import NodeStop
from squall.faults.nothing import Nothing
from squall.instances import EVERY, ONE, Instance, Share, Within
from squall.record.event import HarmSent
from squall.record.folder import RunFolder
from squall.run.blast_radius import exceeds_duration, exceeds_instances, permitted
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.run.schedule import ScheduledFault
from squall.safety.undo_log import UndoLog
from squall.system.system import Service, System
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause
from tests.records import system


def api(ready: Sequence[bool]) -> list[Instance]:
    return [Instance("api", f"api-{number}", "i", "n", ready=is_ready) for number, is_ready in enumerate(ready)]


def scenario(fault: Harm, of: System | None = None) -> Scenario:
    return Scenario("t", "f", of or system(), fault, [Promise("no request fails", NoFailure())], rate=50)


def limited(limit: str | None = None, own: str | None = None) -> System:
    services = {name: Service(harm_at_most=own if name == "api" else None) for name in system().services}
    return system().model_copy(update={"harm_at_most": limit, "services": services})


def said(share: Share, ready: Sequence[bool], harmed: int, of: System | None = None, wanted: int = 0) -> str:
    there = api(ready)
    return exceeds_instances(of or system(), [scheduled(Crash("api", share), there[:harmed])], there, lambda _: wanted)


def scheduled(fault: Fault, harmed: Sequence[Instance], at: float = 0.0) -> ScheduledFault:
    return ScheduledFault(fault, Target(SimulatedPlatform("api", VirtualClock()), harmed, "r"), at)


@pytest.mark.parametrize(
    ("share", "ready", "harmed", "wanted"),
    [
        (ONE, [True, True], 1, 2),
        (Share(2), [True, True, True], 2, 3),
        # Meant to have one: whoever names it means it.
        (ONE, [True], 1, 1),
        (EVERY, [True, True], 2, 2),
        (EVERY, [True, False], 2, 2),
    ],
)
def test_what_leaves_somebody_or_is_said_is_permitted(
    share: Share, ready: Sequence[bool], harmed: int, wanted: int
) -> None:
    assert said(share, ready, harmed, wanted=wanted) == ""


@pytest.mark.parametrize(
    ("share", "ready", "harmed", "wanted"),
    [
        (Share(2), [True, True], 2, 2),
        (Share(None, 100), [True, True], 2, 2),
        (ONE, [True, False, False], 1, 3),
        # Of three that are wanted one is there.
        (ONE, [True], 1, 3),
    ],
)
def test_the_last_ready_one_is_spared(share: Share, ready: Sequence[bool], harmed: int, wanted: int) -> None:
    text = said(share, ready, harmed, wanted=wanted)
    assert f"no ready instance of api would be left of {wanted}; write every, or permit it in system.yaml" in text
    assert text.startswith(f"{share} of api crash")
    assert said(share, ready, harmed, limited("100%"), wanted) == ""


@pytest.mark.parametrize(
    ("limit", "own", "count"),
    [
        ("50%", None, 1),
        ("34%", None, 1),
        ("33%", None, 0),
        (None, "2", 2),
        ("100%", "1", 1),
        ("0", None, 0),
        (None, None, None),
    ],
)
def test_what_the_system_file_permits(limit: str | None, own: str | None, count: int | None) -> None:
    assert permitted(limited(limit, own), "api", 3) == count


def test_more_than_is_permitted_is_refused_even_if_every_is_said() -> None:
    assert said(EVERY, [True] * 3, 3, limited("50%")).endswith(
        "3 of 3 of api, and system.yaml permits 1 at once (harm_at_most)"
    )
    assert said(ONE, [True] * 3, 1, limited("50%")) == ""
    assert said(ONE, [True], 1, limited(own="0")) != ""


def test_a_node_that_is_cordoned_keeps_its_instances() -> None:
    there = api([True, True])
    assert exceeds_instances(system(), [scheduled(Cordon("api", ONE), there)], there, lambda _: 2) == ""


@pytest.mark.parametrize("share", [ONE, Share(2)], ids=["a node", "two nodes"])
def test_a_node_that_holds_all_that_is_ready_is_spared(share: Share) -> None:
    there = api([True, True, False])
    stop = scheduled(NodeStop("api", share), there[:2])
    assert "no ready instance of api would be left of 3" in exceeds_instances(system(), [stop], there, lambda _: 3)
    assert exceeds_instances(limited("100%"), [stop], there, lambda _: 3) == ""
    every = scheduled(NodeStop("api", EVERY), there[:2])
    assert exceeds_instances(system(), [every], there, lambda _: 3) == ""
    assert "permits 1 at once" in exceeds_instances(limited("50%"), [every], there, lambda _: 3)


@pytest.mark.parametrize("within", list(Within))
@pytest.mark.parametrize("count", [None, 2])
def test_a_place_that_holds_all_that_is_ready_is_spared(count: int | None, within: Within) -> None:
    """ "All of one zone" is not every one: whoever says it need not know that nothing is anywhere else."""
    there = api([True, True, False])
    crash = scheduled(Crash("api", Share(count, within=within)), there[:2])
    assert "no ready instance of api would be left of 3" in exceeds_instances(system(), [crash], there, lambda _: 3)


@pytest.mark.parametrize(
    ("limit", "refused"), [("50%", True), ("3", True), ("99%", True), ("100%", False), ("4", False)]
)
def test_the_last_ready_one_is_spared_whatever_the_system_file_permits_but_all(limit: str, refused: bool) -> None:
    """Of four that are wanted two are ready: half of four are all that serve."""
    said_so = said(Share(2), [True, True, False, False], 2, limited(limit), wanted=4)
    assert ("no ready instance of api would be left of 4" in said_so) is refused


def test_several_harms_count_together_while_they_stand() -> None:
    there = api([True, True])
    first, second = Freeze("api", lasts=10), Freeze("api", lasts=10)

    def said(at: float) -> str:
        return exceeds_instances(
            system(), [scheduled(first, there[:1]), scheduled(second, there[1:], at)], there, lambda _: 2
        )

    assert said(0.0).startswith("1 of api freeze for 10s")
    assert "no ready instance of api would be left of 2" in said(9.0)
    assert said(10.0) == said(60.0) == ""


def test_a_harm_lasts_no_longer_than_is_permitted() -> None:
    long = system().model_copy(update={"lasts_at_most": 30.0})
    assert exceeds_duration(scenario(Freeze("api", lasts=30), long)) == ""
    assert "the harm lasts 31s, and" in exceeds_duration(scenario(Freeze("api", lasts=31), long))
    assert exceeds_duration(scenario(Nothing(3600), long)) == ""
    assert exceeds_duration(scenario(Freeze("api", lasts=601))) != ""


def test_a_run_is_refused_before_any_harm_and_gives_all_back(tmp_path: Path) -> None:
    clock = VirtualClock()
    on, folder = SimulatedPlatform("api", clock, Weakness(replicas=2)), RunFolder.create(tmp_path, "t")
    surroundings = Surroundings(on, SimulatedTraffic(on, clock), clock)
    with pytest.raises(Misuse, match="no ready instance of api would be left of 2"):
        Experiment(scenario(Crash("api", Share(2))), surroundings, folder).run()
    assert not {"Crash", "hold"} & {*on.calls}
    assert not UndoLog(folder.undo).open_entries()


class Losing(SimulatedPlatform):
    """A platform on which all that were not chosen are lost as soon as somebody was."""

    folder: RunFolder

    def instances(self, service: str) -> Sequence[Instance]:
        chosen = {target.name for target in self.folder.plan().targets}
        return [replace(each, ready=each.name in chosen or not chosen) for each in super().instances(service)]


def test_a_replica_that_was_lost_meanwhile_is_noticed_right_before_the_harm(tmp_path: Path) -> None:
    clock, folder = VirtualClock(), RunFolder.create(tmp_path, "t")
    on = Losing("api", clock)
    on.folder = folder
    judgement = Experiment(scenario(Crash("api")), Surroundings(on, SimulatedTraffic(on, clock), clock), folder).run()
    assert {finding.cause for finding in judgement.findings} == {Cause.NO_TARGET}
    (finding,) = judgement.findings
    assert finding.reason.startswith("refused right before the harm: 1 of api crash")
    assert "no ready instance of api would be left of 3" in finding.reason
    assert "kill" not in on.calls
    assert not list(folder.load().events(HarmSent))
    assert not UndoLog(folder.undo).open_entries()


def test_a_second_harm_is_not_done_while_the_first_victim_is_down(tmp_path: Path) -> None:
    clock, folder = VirtualClock(), RunFolder.create(tmp_path, "t")
    on = SimulatedPlatform("api", clock, Weakness(replicas=2, restart=60.0))
    both = InTurn((Crash("api"), Crash("api")), 20)
    judgement = Experiment(scenario(both), Surroundings(on, SimulatedTraffic(on, clock), clock), folder).run()
    assert {finding.cause for finding in judgement.findings} == {Cause.NO_TARGET}
    assert len(list(folder.load().events(HarmSent))) == 1


@pytest.mark.parametrize("value", ["half", "", "101%", "-1", -1, 1.5, True, "1.5"])
def test_what_is_no_limit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="write"):
        Service.model_validate({"harm_at_most": value})


@pytest.mark.parametrize(("value", "kept"), [("50%", "50%"), (2, "2"), (0, "0")])
def test_what_is_a_limit(value: object, kept: str) -> None:
    assert Service.model_validate({"harm_at_most": value}).harm_at_most == kept
