"""``"api" is rolled back within 60s``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from squall.claims.claim import at_most, undecided
from squall.interval import Interval
from squall.measure.instances import Versions, blind, dated, versions_over_time
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A service is rolled back within ``limit`` seconds after a release: by its releaser, and not by squall.

    Back: all of its instances run the version that it had before, and as many are ready as are wanted.
    """

    service: str
    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the last return to the version before that came before the clean-up began."""
        shown = versions_over_time(record, self.service)
        before = next((each for each in reversed(shown) if each.t <= began.low), None)
        if before is None or not before.runs:
            return undecided(f"the platform showed no versions of {self.service}", Cause.GAUGE_MISSING)
        if len(old := set(before.runs.values())) > 1:
            return undecided(f"{self.service} ran {len(old)} versions before the release", Cause.NOT_STEADY)
        (version,) = old
        until = record.phase("undo") or math.inf
        seen = [each for each in shown if began.low < each.t < until]
        if all(not set(each.runs.values()) - old for each in seen):
            return undecided(f"no instance of {self.service} was seen to run another version", Cause.NO_EFFECT)
        back = _back(seen, version, record.plan.instances.get(self.service, 0))
        moment = Interval(until, math.inf) if back is None else dated(blind(record), back)
        finding = at_most((moment - began).not_below(0.0), self.limit, "s", len(seen), "rolled back")
        return finding if back is not None else replace(finding, reason=_standing(seen, version))


def _back(seen: Sequence[Versions], version: str, wanted: int) -> float | None:
    """Return since when all of a stretch that goes to the end runs the version, and so many were ready once in it."""
    returned = False
    found = None
    for each in seen:
        if each.runs and not each.only(version):
            returned, found = True, None
        elif returned and found is None and each.only(version) and len(each.runs) >= wanted <= len(each.ready):
            found = each.t
    return found


def _standing(seen: Sequence[Versions], version: str) -> str:
    runs = seen[-1].runs
    other = sum(one != version for one in runs.values())
    if other:
        return f"not rolled back: {other} of {len(runs)} instances ran another version until squall put {version} back"
    return f"not rolled back: too few instances of version {version} were ready until the clean-up"
