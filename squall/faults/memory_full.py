"""``the memory of "redis" is full for 20s``: each write costs another key, or is refused."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.at_store import AtStore
from squall.faults.fault import Reversal
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class MemoryFull(AtStore):
    """The memory limit of a disposable cache (maxmemory) is lowered to what it uses, for a time.

    The effect is keys that had to go (evicted_keys) or a write that is refused: as the cache's policy says. Undone by
    setting the limit back to what it was, if it still is the one that this run wrote. When the harness is gone its
    worker does that; if that is gone too, ``squall undo`` does. A cache that was full before is immune.
    """

    of: ClassVar[StoreKind] = "valkey"
    harm: ClassVar[str] = "memory"
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE
    remembers: ClassVar[bool] = True

    def describe(self) -> str:
        return f"the memory of {self.service} full for {self.lasts:g}s"
