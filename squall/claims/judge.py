"""Judging: a pure function of a record. The table of which cause voids what (docs/verdicts.md) is carried out here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue as Json

from squall.claims.claim import Claim, OfItsEnd, OfUsers, Settling, decided
from squall.claims.registry import restored
from squall.claims.steady_again import SteadyAgain
from squall.clock import Heartbeat, jump
from squall.instances import Ended
from squall.interval import Interval
from squall.measure.arrivals import due
from squall.measure.doubt import doubtful, forgiven
from squall.measure.exposure import not_let_in, unasked, unmet_act
from squall.measure.harm import ended, onset
from squall.measure.load import arrived, fell_short, lateness
from squall.measure.recovery import observed
from squall.measure.steady import violation
from squall.measure.troubles import causes
from squall.measure.wholeness import incomplete
from squall.record.event import (
    Beat,
    ChangedByOthers,
    HarmEffect,
    HarmEnded,
    LeftoverFound,
    RunVoided,
    Settled,
    SteadyFound,
)
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.verdict import Cause, Finding, Verdict

AGAIN = "the system is steady again"
Limits = Mapping[str, Mapping[str, Json]]


def judge(record: Record, limits: Limits | None = None) -> Judgement:
    """Return the judgement; ``limits`` replaces fields of claims, by the claim's sentence or its name.

    Raises:
        Misuse: ``limits`` names a claim that the record does not hold, or a field that it does not have.
    """
    limits = limits or {}
    claims = [(p, restored(p, {**limits.get(p.name, {}), **limits.get(p.text, {})})) for p in record.plan.claims]
    leftovers = [event.text for event in record.events(LeftoverFound)]
    began = onset(record)
    voided = void(record) or (None if began is None else _incomplete(record))
    if began is None or voided is not None:
        cause, reason = voided or (Cause.HARNESS_ERROR, "the record ends before any harm was proven")
        findings = [Finding(plan.text, Verdict.INCONCLUSIVE, reason, cause) for plan, _ in claims]
        return Judgement(findings, [], leftovers)
    findings = [_found(plan.text, claim, record, began) for plan, claim in claims]
    again = _find(AGAIN, SteadyAgain(), record, began)
    if any(finding.verdict is Verdict.BROKEN for finding in (*findings, again)) and (stretches := doubtful(record)):
        kinder = forgiven(record, stretches)
        findings = [
            _doubted(finding, _find(plan.text, claim, kinder, began), stretches)
            for finding, (plan, claim) in zip(findings, claims, strict=True)
        ]
        again = _doubted(again, _find(AGAIN, SteadyAgain(), kinder, began), stretches)
    said = causes(record)
    return Judgement([_with(finding, said) for finding in findings], [_with(again, said)], leftovers)


def _with(finding: Finding, said: Sequence[str]) -> Finding:
    """Return a finding that is not HELD with what the platform said meanwhile."""
    return finding if finding.verdict is Verdict.HELD or not said else replace(finding, platform=tuple(said))


def shortfall(record: Record, until: float | None = None) -> str | None:
    """Say in which way the load fell short of what the scenario states, or None.

    ``until`` is the moment before which no request is missing, while the observation goes on.
    """
    start, end = record.phase("steady"), record.phase("undo") if until is None else until
    if start is None or end is None:
        return None
    seen = record.requests.between(start, end)
    meant = max(arrived(seen), due(record, start, end) or 0)
    return fell_short(seen, meant)


def _found(text: str, claim: Claim, record: Record, began: Interval) -> Finding:
    finding = _weakened(_cut_short(_find(text, claim, record, began), claim, record, began), record)
    return _unfelt(finding, record, began) if isinstance(claim, OfUsers) else finding


def _unfelt(finding: Finding, record: Record, began: Interval) -> Finding:
    """Withdraw what users could not have felt: they never asked those who were harmed, or were inside already."""
    if finding.verdict is not Verdict.HELD:
        return finding
    if (why := unasked(record)) is not None:
        return finding.voided(Cause.NO_EFFECT, why)
    if (why := not_let_in(record, began.low, observed(record))) is not None:
        return finding.voided(Cause.TOO_FEW_SAMPLES, f"of users who connect anew there are no samples: {why}")
    return finding


def _find(text: str, claim: Claim, record: Record, began: Interval) -> Finding:
    try:
        finding = claim.judge(record, began)
    except Exception as error:  # noqa: BLE001 - a claim that crashes has proven nothing; the others still count
        reason = f"judging failed: {type(error).__name__}: {error}"
        finding = Finding(text, Verdict.INCONCLUSIVE, reason, Cause.HARNESS_ERROR)
    return replace(finding, claim=text)


def _cut_short(finding: Finding, claim: Claim, record: Record, began: Interval) -> Finding:
    """Withdraw what was not settled when the observation was ended early: with other limits it may not have been."""
    cut = next(record.events(Settled), None)
    if cut is None or not decided(finding) or _reached(claim, record, began, cut.t):
        return finding
    reason = (
        f"the observation was ended {cut.after} s after the harm, as all was settled by the limits that "
        f"the scenario states; by this one it was not (squall run --to-the-end observes for all its time)"
    )
    return finding.voided(Cause.TOO_FEW_SAMPLES, reason)


def _reached(claim: Claim, record: Record, began: Interval, cut: float) -> bool:
    """Whether a claim was settled by a moment, or had been observed for as long as it asks by itself."""
    if isinstance(claim, Settling) and claim.settled(record.until(cut), began, cut):
        return True
    start = ended(record) if isinstance(claim, OfItsEnd) else began
    return start is not None and cut - start.high >= claim.observation(record.plan.hold)


def _weakened(finding: Finding, record: Record) -> Finding:
    """Withdraw what rests on a load that was not made; a violation that is certain without it stays."""
    short = shortfall(record)
    if short is None or finding.verdict is Verdict.BROKEN:
        return finding
    return finding.voided(Cause.LOAD_SHORT, short)


def _doubted(finding: Finding, kinder: Finding, stretches: Sequence[Interval]) -> Finding:
    """Withdraw a violation that is none once the machine is given the blame for what it may have caused."""
    if finding.verdict is not Verdict.BROKEN or kinder.verdict is Verdict.BROKEN:
        return finding
    taken = sum(each.high - each.low for each in stretches)
    reason = f"in {taken:.1f} s the machine's host or neighbours took much of its processors, or squall could not run"
    return finding.voided(Cause.MACHINE_SLOW, f"{reason}; without what was bad then it is not broken: {finding.reason}")


def _incomplete(record: Record) -> tuple[Cause, str] | None:
    missing = incomplete(record)
    return None if missing is None else (Cause.INCOMPLETE, missing)


def void(record: Record) -> tuple[Cause, str] | None:
    """Return what takes the verdict from every claim, if anything does."""
    for event in record.events(RunVoided):
        cause, reason = event.cause, event.reason
        if cause not in set(Cause):
            return Cause.HARNESS_ERROR, f"{cause} (a cause that is not known here): {reason}"
        return Cause(cause), reason
    if unproven := next((e for e in record.events(HarmEffect) if not e.proven), None):
        return Cause.NO_EFFECT, f"{unproven.who}: {unproven.how}"
    if early := next((e for e in record.events(HarmEnded) if e.ended == Ended.BY_OTHERS), None):
        return Cause.ENDED_EARLY, f"{early.who}: {early.how}"
    if (unmet := unmet_act(record)) is not None:
        return Cause.NO_EFFECT, unmet
    if (changed := next(record.events(ChangedByOthers), None)) is not None:
        return Cause.CHANGED_BY_OTHERS, changed.text
    if (jumped := jump(_beats(record))) is not None:
        return Cause.CLOCK_JUMP, jumped
    return _unsteady(record) or _prober(record)


def _unsteady(record: Record) -> tuple[Cause, str] | None:
    """Look again, with the whole record, at the window in which the system was called steady."""
    for found in record.events(SteadyFound):
        for who, samples in (("users", record.requests), ("probes", record.probes)):
            window = samples.between(found.start, found.end)
            if (why := violation(window, record.plan.objective)) is not None:
                return Cause.NOT_STEADY, f"looked at again with the whole record, {who}: {why}"
    return None


def _prober(record: Record) -> tuple[Cause, str] | None:
    # A probe that is sent half the latency limit late would be taken for a slow answer.
    late, limit = lateness(record.probes), record.plan.objective.latency / 2000
    if late > limit:
        return Cause.PROBER_LATE, f"probes left late (p99 {late * 1000:.0f}ms, {limit * 1000:.0f}ms allowed)"
    return None


def _beats(record: Record) -> list[Heartbeat]:
    beats = record.events(Beat, who="squall")
    return [Heartbeat(e.t, e.boottime, e.realtime) for e in beats]
