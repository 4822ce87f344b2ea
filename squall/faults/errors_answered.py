"""``"payments" answers errors for 20s``: an error comes in the place of an answer."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent
from squall.instances import EVERY, Impact, Share


@dataclass(frozen=True, slots=True)
class ErrorsAnswered(ByAgent):
    """A part of the requests to instances is answered by an error (HTTP/1.1, ``status``) and does not reach them.

    ``part`` is from 0 to 1 and is kept evenly: of a hundred at 30 % exactly thirty. As ``Slower`` by a proxy, with the
    same effect on established connections and the same undo. Where clients speak TLS or no HTTP no answer can be made
    up for them: not proven, and said so. The effect is the first request that was answered so.
    """

    share: Share = EVERY
    part: float = 1.0
    status: int = 503
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return (
            f"{self.share.of(self.service)} answers {self.part:.0%} of requests with {self.status} for {self.lasts:g}s"
        )

    def order(self) -> dict[str, Json]:
        return {"share": self.part, "status": self.status}
