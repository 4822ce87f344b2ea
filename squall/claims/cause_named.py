"""``the cause is named as crash loop``."""

from dataclasses import dataclass

from squall.claims.claim import undecided
from squall.interval import Interval
from squall.measure.instances import blind
from squall.measure.troubles import causes, troubles
from squall.record.event import InstancesListed
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Measured, Verdict

# The scheduler and the kubelet tell within seconds; the kubelet's first back-off is ten (s).
TELLS_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class CauseNamed:
    """The platform says why an instance or a service does not do its work, in the words of ``trouble``.

    Said in an object's state or in an event, from the onset to the clean-up. What the scenario itself does is known
    anyway: this claim is for harms whose consequence somebody on call would have to find.
    """

    trouble: str

    def observation(self, hold: float) -> float:
        """Reach as far as a platform takes to say it."""
        return TELLS_WITHIN

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is said: what was said stays so."""
        return self.judge(record, began).verdict is Verdict.HELD

    def judge(self, record: Record, began: Interval) -> Finding:
        """Look for it among what was said."""
        if not any(record.events(InstancesListed)):
            return undecided("the platform showed no instances", Cause.GAUGE_MISSING)
        end = record.phase("undo") or began.high + record.plan.observation
        said = troubles(record, began.low, end)
        named = [each for each in said if each.trouble == self.trouble]
        if named:
            first = named[0]
            words = f" ({first.text})" if first.text else ""
            reason = f"{self.trouble}: {first.who} {first.t - began.low:.1f} s after{words}"
            return Finding("", Verdict.HELD, reason, measured=Measured(reason, samples=len(named)))
        if blind(record):
            return undecided("the harm kept the platform from being seen", Cause.GAUGE_MISSING)
        instead = "; ".join(causes(record)) or "nothing was"
        return Finding("", Verdict.BROKEN, f"not named; named: {instead}", measured=Measured("", samples=len(said)))
