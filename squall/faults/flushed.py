"""``"redis" is flushed``: a cache without a single key."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.at_store import AtStore
from squall.faults.fault import Reversal
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class Flushed(AtStore):
    """All keys of a disposable cache are removed at once (FLUSHALL). An empty cache is immune.

    The effect is the number of keys before and after, counted with nothing of others' in between. Nothing is undone,
    and nothing could be: the application fills its cache again.
    """

    of: ClassVar[StoreKind] = "valkey"
    harm: ClassVar[str] = "flush"
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE
    leaves_nothing: ClassVar[bool] = True

    def describe(self) -> str:
        return f"{self.service} flushed"
