"""``name resolution fails for "api" for 20s``: what it asks of a name server is refused, or gets no answer."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent
from squall.instances import EVERY, Impact, Share


@dataclass(frozen=True, slots=True)
class NameResolution(ByAgent):
    """Questions of instances to port 53, by UDP and TCP, are refused at once, or their answers are dropped (``hangs``).

    The effect is a look-up from inside, by the instance's own resolv.conf, that was answered before and fails now,
    with the packets that were taken, counted by the kernel. Established connections, and names that the application
    keeps, go on: what fails is what is looked up anew. Undone as ``Unreachable`` is.
    """

    share: Share = EVERY
    hangs: bool = False
    keeps_callers_away: ClassVar[bool] = True
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        what = "answers dropped" if self.hangs else "questions refused"
        return f"no name resolution for {self.share.of(self.service)} for {self.lasts:g}s (port 53, {what})"

    def order(self) -> dict[str, Json]:
        return {"refused": not self.hangs}
