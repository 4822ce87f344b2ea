"""``no answer to "trail" is wrong``."""

from dataclasses import dataclass

from squall.claims.claim import at_most, broken_or_enough
from squall.interval import Interval
from squall.record.folder import Record
from squall.record.outcome import WRONG
from squall.verdict import Finding, Verdict

# What is wrong with half of the answers is missed by so many right ones once in a million.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class NoWrongAnswer:
    """No request called ``request`` is answered with what the locustfile knows to be wrong: nothing is lost, or twice.

    The locustfile is who knows: what its users wrote, and got an answer for, is to be there just once when they ask for
    it, and what they know of is to be as it was (``response.failure``). From the onset to the clean-up; a request that
    is not answered, or with an error, shows nothing either way and is the business of other claims.
    """

    request: str

    def observation(self, hold: float) -> float:
        """Reach for twice the hold length: what was written at the last is asked for a little later."""
        return 2 * hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled by the first wrong answer; that there is none shows only at the end."""
        return self.judge(record.until(known), began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count the answers that are wrong, and those that are right."""
        end = record.phase("undo") or began.high + record.plan.observation
        window = record.requests.between(began.low, end)
        chosen = window.chosen(window.name.equal(self.request))
        wrong, right = int(chosen.error.equal(WRONG).sum()), int((chosen.known & chosen.ok).sum())
        unanswered = len(chosen) - wrong - right
        what = f'wrong answers to "{self.request}" ({right} were right, {unanswered} did not come or were errors)'
        finding = at_most(Interval.exact(wrong), 0, "requests", wrong + right, what)
        return broken_or_enough(finding, wrong + right, FEWEST, what)
