"""``at most 1.5 calls reach "redis" for each request``: how much a failure multiplies what a dependency is asked."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, too_few
from squall.interval import Interval
from squall.measure.calls import calls_seen
from squall.measure.witness import within
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict

# Fewer tell nothing of a ratio.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class CallsPerRequest:
    """Calls that reach a service, for each request of the load and of the prober, from the harm on.

    Calls are those of whoever makes them, repeated ones too. Requests are those meant for the same time, and in the
    figure's low end also those that were under way when it began. The calls must be counted.
    """

    service: str
    limit: float
    reads_calls: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Add nothing: it is counted to the end."""
        return 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Divide what passed by what was asked."""
        start, end = began.high, record.phase("undo") or began.high + record.plan.observation
        seen = calls_seen(record, self.service, start, end)
        if isinstance(seen, str):
            return Finding("", Verdict.INCONCLUSIVE, seen, Cause.GAUGE_MISSING)
        asked = [within(each, start, seen.end).intended for each in (record.requests, record.probes)]
        total, fresh = sum(map(len, asked)), sum(int((each >= start).sum()) for each in asked)
        if fresh < FEWEST:
            return too_few(fresh, FEWEST, "requests to which calls belong")
        figure = Interval(seen.calls.low / total, seen.calls.high / fresh)
        return at_most(figure, self.limit, "calls per request", fresh, f"calls to {self.service}")
