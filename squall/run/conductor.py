"""Who conducts a run from outside: says when its harm may begin, may forbid it, and knows why it was cut off.

An abort is no decision of this contract: it is the interruption that each run knows (``squall.run.signals``), whoever
sends it, so that nothing waits for a look at a flag.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from squall.instances import Instance
from squall.run.schedule import ScheduledFault


class Conductor(Protocol):
    """Asked by one run, in its thread."""

    @property
    def holds(self) -> bool:
        """Whether the run is to wait, with load and prober running, until its harm may begin."""
        ...

    def may_begin(self) -> bool:
        """Say whether the steady state may now be required and the harm begin; asked again and again.

        Raises:
            CalledOff: it may not, and never will.
        """
        ...

    def exceeds(
        self, schedule: Sequence[ScheduledFault], among: Sequence[Instance], wanted: Callable[[str], int]
    ) -> str:
        """Say why a schedule harms more than the conductor permits, beside what the system file does; empty: not so."""
        ...

    def why_interrupted(self) -> str:
        """Say who interrupted the run and why; empty: that is not known."""
        ...


class Unconducted:
    """Nobody conducts: the harm begins as soon as the system is steady."""

    holds = False

    def may_begin(self) -> bool:
        """Let it."""
        return True

    def exceeds(
        self, schedule: Sequence[ScheduledFault], among: Sequence[Instance], wanted: Callable[[str], int]
    ) -> str:
        """Permit what the system file does."""
        return ""

    def why_interrupted(self) -> str:
        """Not know it: somebody pressed Ctrl-C, or ended the process."""
        return ""
