"""All that a run does on a cluster but load: what it shows is that each step is possible."""

import random
from collections.abc import Callable, Sequence

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.faults.fault import Fault, Lasting, Target
from squall.instances import Evidence
from squall.platforms.kubernetes.platform import OnCluster
from squall.record.event import Event
from squall.run.preflight import permit, unoffered
from squall.safety.undo_log import Undo, perform
from tests.kind.harmed import new_run


def carried_out(on: OnCluster, fault: Fault) -> list[Evidence]:
    """Do it to instances of ``echo``."""

    def target(run: str) -> Target:
        return Target(on, fault.share.pick("echo", on.instances("echo"), random.Random(1)), run)

    return flown(on, fault, target, ["echo"])


def flown(on: OnCluster, fault: Fault, choose: Callable[[str], Target], services: Sequence[str]) -> list[Evidence]:
    """Do all that a run does but load: check, ask, own, deploy, look, watch, harm, end, undo, give back."""
    run, events, undo = new_run(), list[Event](), list[Undo]()
    on.check()
    assert unoffered(on, fault) == ""
    permit(on, fault)
    try:
        undo.append(on.claim_run(run))
        on.deploy([], lambda _: None)
        on.facts()
        before = on.baseline()
        watching = on.watch(services, events.append)
        target = choose(run)
        undo += fault.plan(target)
        fault.prepare(target)
        evidence = list(fault.inject(target))
        if isinstance(fault, Lasting) and fault.lasts:
            fault.end(target)
        watching.stop()
    finally:
        proofs = [perform(entry) for entry in reversed(undo)]
    assert len(proofs) == len(undo)
    assert on.baseline().keys() >= {key for key in before if not key.startswith("squall's ")}
    return evidence
