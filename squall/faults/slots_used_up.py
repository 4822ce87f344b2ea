"""``the connection slots of "postgres" are used up for 20s``: nobody gets a new connection."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.at_store import AtStore
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class SlotsUsedUp(AtStore):
    """Idle sessions take all slots that a database gives to ordinary roles, and each that becomes free, for a time.

    Established connections go on working; the slots that are reserved for superusers are left. The effect is a log-in
    as the application's own role that is refused, and the slots as the server counts them. A role that may use the
    reserved slots is immune. Undone by closing the sessions; when the worker is gone they go with it, and one that
    hangs is ended by the server (idle_session_timeout).
    """

    of: ClassVar[StoreKind] = "postgres"
    harm: ClassVar[str] = "slots"

    def describe(self) -> str:
        return f"the connection slots of {self.service} used up for {self.lasts:g}s"
