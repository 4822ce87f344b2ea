"""``the data of "postgres" is lost for 20s``: its tables are empty, until they are restored from a backup."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.at_store import AtStore
from squall.faults.fault import Reversal
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class DataLost(AtStore):
    """All tables of a disposable database are emptied for a time, and then restored from a backup.

    The backup is made and restored once into other tables before anything is lost; it is kept in a schema beside the
    data, where any process finds it by the run. The effect is the rows, before and after. The end is proven by rows
    and checksums of each table, equal to those before; rows that were written meanwhile are given up, as with any
    backup. When the harness is gone its worker restores; if that is gone too, ``squall undo`` does.
    """

    of: ClassVar[StoreKind] = "postgres"
    harm: ClassVar[str] = "loss"
    reversal: ClassVar[Reversal] = Reversal.RESTORABLE

    def describe(self) -> str:
        return f"the data of {self.service} lost for {self.lasts:g}s, then restored from a backup"
