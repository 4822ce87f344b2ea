"""Built into every run: after the clean-up the system is steady again."""

from dataclasses import dataclass

from squall.claims.claim import too_few, unwatched
from squall.interval import Interval
from squall.measure.instances import ready_over_time
from squall.measure.percentiles import enough
from squall.measure.users import within
from squall.measure.windows import recovered
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class SteadyAgain:
    """The steady state stands again after the clean-up: objective kept for the hold length, instances as wanted."""

    def observation(self, hold: float) -> float:
        """Add nothing to the observation: the run holds after its clean-up."""
        return 0.0

    def judge(self, record: Record, began: Interval) -> Finding:
        """Look at what came after the clean-up alone."""
        text, start, end = "the system is steady again", record.phase("hold"), record.phase("done")
        if start is None or end is None:
            return Finding(text, Verdict.INCONCLUSIVE, "the run did not get so far", Cause.HARNESS_ERROR)
        back = recovered(record, start)
        if unseen := [s for s, wanted in record.plan.instances.items() if wanted and not ready_over_time(record, s)]:
            return unwatched(unseen[0])
        if absent := missing(record):
            return Finding(text, Verdict.BROKEN, f"{end - start:.0f}s after the clean-up {absent}")
        seen = len(within(record.requests, start, end)) + len(within(record.probes, start, end))
        if seen < (needed := enough(record.plan.objective.percentile)):
            return too_few(seen, needed, "after the clean-up")
        if back is None:
            reason = (
                f"the objective was not kept for {record.plan.hold:g}s in the {end - start:.0f}s after the clean-up"
            )
            return Finding(text, Verdict.BROKEN, reason)
        if back.high > end:
            return Finding(text, Verdict.INCONCLUSIVE, "too few samples after the clean-up", Cause.TOO_FEW_SAMPLES)
        after = back.low - start
        return Finding(
            text, Verdict.HELD, f"the objective was kept again from {max(0.0, after):.1f}s after the clean-up on"
        )


def missing(record: Record) -> str:
    """Say of which service fewer instances are ready than are wanted, or nothing."""
    for service, wanted in record.plan.instances.items():
        counts = ready_over_time(record, service)
        ready = len(counts[-1].ready) if counts else 0
        if ready < wanted:
            return f"{ready} of {wanted} instances of {service} are ready"
    return ""
