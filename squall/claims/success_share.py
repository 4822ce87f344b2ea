"""``at least 99% of requests succeed in the 60s after``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_least, decided, too_few
from squall.interval import Interval
from squall.measure.harm import last_onset
from squall.measure.load import foreseen
from squall.measure.users import success
from squall.record.folder import Record
from squall.verdict import Finding

# A share with a step coarser than a percent says little about percents.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class SuccessShare:
    """At least a share (``limit``, %) of the load's requests succeed from the onset until ``over`` seconds after it.

    If the harm is composed of several: from the first onset until ``over`` seconds after the last.
    """

    limit: float
    over: float
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach to the end of the window."""
        return self.over

    def samples(self, rate: float) -> tuple[int, int]:
        """Return the requests of the window, and the fewest that a share in per cent can rest on."""
        return round(rate * self.over), FEWEST

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is decided, however the arrivals that are still due may end."""
        return foreseen(record, began.low, known) and decided(self.judge(record, began))

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count all arrivals due in the window; those whose end is unknown may have gone either way."""
        share = success(record, began.low, (last_onset(record) or began).low + self.over)
        if share.count < FEWEST:
            return too_few(share.count, FEWEST, "requests that succeeded")
        unknown = f", {share.unknown} unknown" if share.unknown else ""
        what = f"succeeded ({share.failed} of {share.count} failed{unknown})"
        return at_least(share.share, self.limit, "%", share.count, what)
