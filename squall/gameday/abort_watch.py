"""Whether users suffer more than a drill's abort condition permits: read from the load's log as it grows."""

from collections import deque
from dataclasses import dataclass

from squall.gameday.drill import AbortCondition
from squall.measure.percentiles import percentile
from squall.record.folder import RunFolder
from squall.record.samples import Sample, SampleReader
from squall.units import as_duration


@dataclass(frozen=True, slots=True)
class Suffering:
    """What users had over the condition's window: ``success`` in %, ``slow`` in seconds; None where too few ended.

    ``breach`` says in which way the condition is met; empty: it is not.
    """

    count: int
    success: float | None = None
    slow: float | None = None
    breach: str = ""


class AbortWatch:
    """Watches one run. A request counts when it ends: one that hangs does so when its user gives it up."""

    def __init__(self, condition: AbortCondition, folder: RunFolder) -> None:
        self._condition, self._reader = condition, SampleReader(folder.requests)
        self._ended: deque[Sample] = deque()
        self._first: float | None = None

    def look(self, now: float) -> Suffering:
        """Return how users fare now (s, as samples have it)."""
        fresh = sorted((sample for sample in self._reader.read() if sample.known), key=lambda sample: sample.done)
        self._ended.extend(fresh)
        while self._ended and self._ended[0].done <= now - self._condition.over:
            self._ended.popleft()
        if fresh and self._first is None:
            self._first = fresh[0].done
        return self._suffering(now)

    def _suffering(self, now: float) -> Suffering:
        condition, count = self._condition, len(self._ended)
        if count < condition.fewest:
            whole = self._first is not None and now - self._first > condition.over
            blind = f"{count} requests of users ended in {as_duration(condition.over)}, {condition.fewest} needed"
            return Suffering(count, breach=f"it cannot be seen how users fare: {blind}" if whole else "")
        success = 100 * sum(sample.ok for sample in self._ended) / count
        percent = condition.latency_above.percentile if condition.latency_above else 95.0
        slow = percentile([sample.latency for sample in self._ended], percent)
        return Suffering(count, success, slow, self._breach(success, slow))

    def _breach(self, success: float, slow: float) -> str:
        below, above = self._condition.success_below, self._condition.latency_above
        over = as_duration(self._condition.over)
        if below is not None and success < below:
            return f"{success:.1f}% of users' requests succeeded in {over}, {below:g}% is the least"
        if above is not None and slow > above.limit:
            limit = as_duration(above.limit)
            return f"p{above.percentile:g} of users' requests was {as_duration(slow)} in {over}, {limit} is the most"
        return ""
