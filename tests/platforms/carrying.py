"""One fault carried out as an experiment does it, on a platform that has been brought up; no load, no claims."""

from collections.abc import Mapping
from pathlib import Path

from squall.faults.fault import Checked, Fault, Lasting, Target
from squall.instances import Ended, Evidence
from squall.platforms.capability import Platform
from squall.safety.audit import compare
from squall.safety.undo_log import UndoLog


def begun(on: Platform, fault: Fault, log: UndoLog, run: str = "run") -> tuple[Target, Mapping[str, str]]:
    """Check a fault on all instances of its service, and write its undo down; return the baseline of then, too."""
    if isinstance(fault, Checked):
        fault.check(on)
    target = Target(on, on.instances(fault.service), run)
    for entry in fault.plan(target):
        log.open(entry)
    return target, on.baseline()


def injected(fault: Fault, target: Target) -> list[Evidence]:
    """Prepare and inject it."""
    fault.prepare(target)
    return list(fault.inject(target))


def bitten(on: Platform, fault: Fault, folder: Path, run: str) -> list[Evidence]:
    """Carry a fault out to its end and undo it; it must be proven at each target, and leave nothing of ours."""
    log = UndoLog(folder / "undo.jsonl")
    try:
        target, before = begun(on, fault, log, run)
        evidence = injected(fault, target)
        assert evidence
        assert all(each.proven for each in evidence), evidence
        if isinstance(fault, Lasting) and fault.lasts:
            for ending in fault.end(target):
                assert ending.ended is Ended.AS_STATED, ending
    finally:
        proofs = undone(log)
    left = compare(before, on.baseline(), run)
    assert (left.leftovers, left.changed) == ((), ()), (left, proofs)
    return evidence


def missed(on: Platform, fault: Fault, folder: Path, run: str) -> list[Evidence]:
    """Try a fault on who is immune to it: it must not be proven at every target, and leave nothing of ours."""
    log = UndoLog(folder / "undo.jsonl")
    try:
        target, before = begun(on, fault, log, run)
        evidence = injected(fault, target)
        assert evidence
        assert not all(each.proven for each in evidence), evidence
    finally:
        proofs = undone(log)
    left = compare(before, on.baseline(), run)
    assert (left.leftovers, left.changed) == ((), ()), (left, proofs)
    return evidence


def undone(log: UndoLog) -> list[str]:
    """Undo all that stands, and return the proofs."""
    proofs = [proof for _, proof in log.replay()]
    assert all(isinstance(proof, str) for proof in proofs), proofs
    assert not log.open_entries()
    return [str(proof) for proof in proofs]
