"""``each ready instance of "api" answers at least 50% of its even share``."""

from dataclasses import dataclass

from squall.claims.claim import at_least, too_few, undecided, unwatched
from squall.interval import Interval
from squall.measure.answers import expected_and_given, ready_names
from squall.record.folder import Record
from squall.verdict import Cause, Finding

# An even share of fewer answers may be missed by half by chance (Poisson, once in two million at 100).
FEWEST = 100


@dataclass(frozen=True, slots=True)
class EvenSpread:
    """Each instance of a service answers at least ``limit`` % of its even share of users' requests while it is ready.

    Even is what all of its instances answered then, divided by how many were ready. From the onset to the clean-up;
    answers say who gave them by the header X-Instance. One that is ready for too short a time is not counted.
    """

    service: str
    limit: float

    def observation(self, hold: float) -> float:
        """Reach for twice the hold length."""
        return 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the instance that got the smallest part of its share."""
        if not ready_names(record, self.service):
            return unwatched(self.service)
        end = record.phase("undo") or began.high + record.plan.observation
        shares = expected_and_given(record, self.service, began.high, end)
        if not any(given for _, given in shares.values()):
            return undecided(f"no answer says that an instance of {self.service} gave it", Cause.GAUGE_MISSING)
        enough = {name: each for name, each in shares.items() if each[0] >= FEWEST}
        if len(enough) < 2:
            most = max(of for of, _ in shares.values())
            return too_few(int(most), FEWEST, f"answers of each of two instances of {self.service}")
        least = min(enough, key=lambda name: enough[name][1] / enough[name][0])
        of, given = enough[least]
        what = f"of its even share, which is {of:.0f} answers, {least} gave {given}"
        return at_least(Interval.exact(100 * given / of), self.limit, "%", sum(g for _, g in enough.values()), what)
