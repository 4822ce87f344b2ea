"""What faults have in common that an agent carries out beside its targets: it is put there, ordered, and taken away.

No fault is in here: each has its own file. The agent calls its harm as the class of the fault is called.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from pydantic import JsonValue as Json

from squall.faults.fault import Reversal, Target
from squall.instances import ONE, Ending, Evidence, Share
from squall.platforms.capability import Host
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class ByAgent:
    """A harm of the agent to instances of a service; ``lasts`` in seconds, 0 if it is done in an instant."""

    service: str
    share: Share = ONE
    lasts: float = 0.0
    needs: ClassVar[type] = Host
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE
    # The agent's name for it: that of the class, unless a fault of a project's own orders another's.
    harm: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "harm"):
            cls.harm = cls.__name__

    def order(self) -> Mapping[str, Json]:
        """Return what the agent is told besides whom to harm and for how long."""
        return {}

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return how to take the agents away; what they hold goes with them."""
        return cast("Host", target.platform).plan_agents(target.instances, target.run)

    def prepare(self, target: Target) -> None:
        cast("Host", target.platform).start_agents(target.instances, target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        more = {"lasts": self.lasts} if self.lasts else {}
        return cast("Host", target.platform).harm(self.harm, target.instances, **more, **self.order())

    def end(self, target: Target) -> Sequence[Ending]:
        """End it: by then the agent has, for it keeps the time itself."""
        return cast("Host", target.platform).end(self.harm, target.instances)
