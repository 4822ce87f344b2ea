"""Whether a platform has what a fault needs, and lets us do it: asked before anything is done."""

from collections.abc import Sequence

from squall.agent.harms.proxied import WATCH_CALLS
from squall.errors import Misuse
from squall.faults.by_agent import ByAgent
from squall.faults.fault import Checked, Fault, Harm, need, parts
from squall.platforms.capability import Arranges, CountsCalls, FindsLeftovers, Host, Need, Permits, Platform
from squall.platforms.object_harms import ObjectHarms
from squall.run.scenario import Scenario
from squall.system.cluster import Cluster
from squall.system.compose import Compose


def unoffered(on: Platform, harm: Harm) -> str:
    """Say why a harm cannot be had on a platform: then its scenario is skipped by name. Empty: it can.

    Raises:
        Misuse: the platform is not there, or may not be harmed.
    """
    return next((reason for part in parts(harm) if (reason := _unoffered(on, part.fault))), "")


def _unoffered(on: Platform, fault: Fault) -> str:
    needs, name = fault.needs, type(fault).__name__
    if not isinstance(on, needs):
        return f"the platform {on.name} does not offer {needs.__name__}, which {name} needs"
    if isinstance(fault, ByAgent) and isinstance(on, Host) and fault.harm not in on.harms():
        needed = "" if fault.harm == name else f", which {name} needs"
        return f"the agents of the platform {on.name} cannot do {fault.harm}{needed}"
    if needs is ObjectHarms and isinstance(on, ObjectHarms) and name not in on.object_harms():
        return f"the platform {on.name} has nothing that carries out {name}"
    if isinstance(on, Permits) and (why := on.absent(need(fault))):
        return f"{on.name} ({on.context}) does not offer {needs.__name__}, which {name} needs: {why}"
    return ""


def skipped(on: Platform, scenario: Scenario) -> str:
    """Say why a scenario is none for a platform: then it is skipped by name. Empty: it can be run there.

    Raises:
        Misuse: the platform is not there, or may not be harmed.
    """
    return scenario.lacking or unoffered(on, scenario.fault) or cannot_count(on, scenario.counted)


def absent_weakness(on: Platform, scenario: Scenario) -> str:
    """Say which weakness of a scenario has no files on the disk; empty: all have, or need none."""
    system = scenario.system
    section = system.platforms.sections().get(on.name)
    places = section.weaknesses if isinstance(section, Cluster | Compose) else {}
    for name in scenario.weaknesses:
        if name in places and not (place := system.folder / places[name]).exists():
            return (
                f'the weakness "{name}" of {system.name} is not on the disk: there is no {place} '
                f"(platforms.{on.name}.weaknesses in system.yaml)"
            )
    return ""


def left_behind(on: Platform) -> str:
    """Say what dead runs have left where a scenario is to run, and how it is undone; empty: nothing is seen."""
    if not (isinstance(on, FindsLeftovers) and (found := on.leftovers())):
        return ""
    return (
        f"{on.context} still bears what dead runs did: {'; '.join(found)}; undo it first: "
        f"squall undo --context {on.context}"
    )


def permit(on: Platform, harm: Harm) -> None:
    """Raise Misuse unless the system file lets us, and we have every right that a run with this harm needs."""
    for part in parts(harm):
        if isinstance(part.fault, Checked):
            part.fault.check(on)
    if isinstance(on, Permits) and (lacking := missing(on, harm)):
        raise Misuse(refusal(on, harm, lacking))


def cannot_count(on: Platform, counted: Sequence[str]) -> str:
    """Say why calls to services cannot be counted on a platform: then the scenario is skipped. Empty: they can."""
    if not counted or isinstance(on, CountsCalls):
        return ""
    return f"the platform {on.name} does not offer CountsCalls, which counting the calls to {', '.join(counted)} needs"


def permit_counting(on: Platform, counted: Sequence[str]) -> None:
    """Raise Misuse unless we have every right that counting calls to services needs."""
    if isinstance(on, Permits):
        lacking = [right for service in counted for right in on.missing(Need(CountsCalls, service=service))]
        if lacking:
            raise Misuse(f"counting calls to {', '.join(counted)} is refused: the account lacks the right to "
                         f"{'; '.join(dict.fromkeys(lacking))} (squall rbac prints the roles)")  # fmt: skip


def arrange(on: Platform, harm: Harm, counted: Sequence[str]) -> None:
    """Have a platform put in place, when it next brings the system up, what a harm and the counting of calls need."""
    if isinstance(on, Arranges):
        for part in parts(harm):
            if isinstance(part.fault, ByAgent):
                on.arrange(part.fault.harm, part.fault.service)
        for service in counted:
            on.arrange(WATCH_CALLS, service)


def needed(on: Permits, harm: Harm) -> list[str]:
    """Return the rights that a run with this harm needs, each once."""
    return list(dict.fromkeys(r for p in parts(harm) for r in on.needed(need(p.fault))))


def missing(on: Permits, harm: Harm) -> list[str]:
    """Return those of them that our account lacks."""
    return list(dict.fromkeys(r for p in parts(harm) for r in on.missing(need(p.fault))))


def refusal(on: Platform, harm: Harm, lacking: Sequence[str]) -> str:
    """Return the line that names the rights that are missing."""
    return (
        f"{type(harm).__name__} on {on.name} ({on.context}) is refused: the account lacks the right to "
        f"{'; '.join(lacking)} (squall rbac prints the roles)"
    )
