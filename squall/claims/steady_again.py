"""Built into every run: after the clean-up the system is steady again."""

from dataclasses import dataclass

from squall.claims.claim import unwatched
from squall.interval import Interval
from squall.measure.instances import ready_over_time
from squall.measure.recovery import recovered
from squall.record.event import LoadStopped, ProberStopped
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class SteadyAgain:
    """The steady state is reached again after the clean-up: objective kept for the hold length, instances as wanted."""

    def observation(self, hold: float) -> float:
        """Add nothing to the observation: the run holds after its clean-up."""
        return 0.0

    def judge(self, record: Record, began: Interval) -> Finding:
        """Look at what came after the clean-up alone."""
        text, start, end = "the system is steady again", record.phase("hold"), record.phase("done")
        if start is None or end is None:
            return Finding(text, Verdict.INCONCLUSIVE, "the run did not get so far", Cause.HARNESS_ERROR)
        if unseen := [s for s, wanted in record.plan.instances.items() if wanted and not ready_over_time(record, s)]:
            return unwatched(unseen[0])
        if absent := missing(record):
            return Finding(text, Verdict.BROKEN, f"{end - start:.0f}s after the clean-up {absent}")
        end = max(start, min([end, *_stopped(record, start)]))
        # What may have gone unnoticed is looked for in claims about time; here the hold length is what counts.
        back = recovered(record, start, end, floor=False)
        if back.when.low > end - record.plan.hold and back.stretches:
            after = f"in the {end - start:.0f}s after the clean-up"
            reason = f"the objective was not kept for {record.plan.hold:g}s {after}"
            return Finding(text, Verdict.BROKEN, reason)
        if back.doubt:
            reason = f"too few samples after the clean-up: {back.doubt}"
            return Finding(text, Verdict.INCONCLUSIVE, reason, Cause.TOO_FEW_SAMPLES)
        kept = f"from {back.when.low - start:.1f}s after the clean-up on"
        return Finding(text, Verdict.HELD, f"the objective was kept again {kept}")


def _stopped(record: Record, start: float) -> list[float]:
    """Return when load and prober stopped asking: nothing was seen from then on."""
    ends = [*(each.end for each in record.events(LoadStopped)), *(each.end for each in record.events(ProberStopped))]
    return [end for end in ends if start < end]


def missing(record: Record) -> str:
    """Say of which service fewer instances are ready than are wanted, or nothing."""
    for service, wanted in record.plan.instances.items():
        counts = ready_over_time(record, service)
        ready = len(counts[-1].ready) if counts else 0
        if ready < wanted:
            return f"{ready} of {wanted} instances of {service} are ready"
    return ""
