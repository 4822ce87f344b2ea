"""``after 30s every answer of "api" is of one version``, ``no answer of "api" is of a new version``."""

from dataclasses import dataclass

from squall.claims.claim import at_most, broken_or_enough, undecided
from squall.interval import Interval
from squall.measure.answers import versions_of_answers
from squall.record.event import RevisionSeen
from squall.record.folder import Record
from squall.verdict import Cause, Finding

# Of two versions that are asked alike, none of so many answers is of one by chance once in 10^30.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class OneVersion:
    """From ``after`` seconds past the onset to the clean-up every answer of a service is of one version.

    It does not say which. With ``known`` it must be one that answered before the onset: none of a new version. Answers
    say who gave them by the header X-Instance, and the platform says which version that one runs.
    """

    service: str
    after: float
    known: bool = False

    def observation(self, hold: float) -> float:
        """Reach past the moment by twice the hold length."""
        return self.after + 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count the answers of all versions but one."""
        if not any(record.events(RevisionSeen, who=self.service)):
            return undecided(f"the platform showed no versions of {self.service}", Cause.GAUGE_MISSING)
        end = record.phase("undo") or began.high + record.plan.observation
        found = versions_of_answers(record, self.service, began.high + self.after, end)
        before = versions_of_answers(record, self.service, record.phase("steady") or began.low, began.low)
        if not found or not before:
            return undecided(f"no answer says that an instance of {self.service} gave it", Cause.GAUGE_MISSING)
        expected = set(before) if self.known else {max(found, key=lambda version: found[version])}
        other, total = sum(n for version, n in found.items() if version not in expected), sum(found.values())
        listed = ", ".join(f"{count} of {version}" for version, count in sorted(found.items()))
        finding = at_most(Interval.exact(other), 0, "requests", total, f"answered by another version ({listed})")
        return broken_or_enough(finding, total, FEWEST, f"answers of {self.service}")
