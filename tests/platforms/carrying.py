"""One fault carried out as an experiment does it, on a platform that has been brought up; no load, no claims."""

from pathlib import Path

from squall.audit import compare
from squall.faults.fault import Checked, Fault, Lasting, Target
from squall.platforms.capability import Platform
from squall.target import Ended, Evidence, Instance
from squall.undo import UndoLog


def begun(
    on: Platform, fault: Fault, log: UndoLog, among: list[Instance] | None = None, run: str = "run"
) -> tuple[Target, list[Evidence]]:
    """Check, write down, prepare and inject; on all instances of the service, or those of ``among``."""
    if isinstance(fault, Checked):
        fault.check(on)
    target = Target(on, among or on.instances(fault.service), run)
    for entry in fault.plan(target):
        log.open(entry)
    fault.prepare(target)
    return target, list(fault.inject(target))


def bitten(on: Platform, fault: Fault, folder: Path, run: str, among: list[Instance] | None = None) -> list[Evidence]:
    """Carry a fault out to its end and undo it; it must be proven at each target, and leave nothing of ours."""
    before, log = on.baseline(), UndoLog(folder / "undo.jsonl")
    try:
        target, evidence = begun(on, fault, log, among, run)
        assert evidence
        assert all(each.proven for each in evidence), evidence
        if isinstance(fault, Lasting) and fault.lasts:
            for ending in fault.end(target):
                assert ending.ended is Ended.AS_STATED, ending
    finally:
        proofs = [proof for _, proof in log.replay()]
    assert all(isinstance(proof, str) for proof in proofs), proofs
    assert not log.standing()
    left = compare(before, on.baseline(), run)
    assert (left.leftovers, left.changed) == ((), ()), proofs
    return evidence
