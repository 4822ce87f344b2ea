"""``the connections to "postgres" are killed``: each session of the application ends at once."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.at_store import AtStore
from squall.faults.fault import Reversal
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class ConnectionsKilled(AtStore):
    """The database ends all sessions of the application's role (pg_terminate_backend). New ones are let in.

    The effect is the sessions, by number and start, that the server no longer lists. Nothing is undone: whoever wants
    a connection makes a new one.
    """

    of: ClassVar[StoreKind] = "postgres"
    harm: ClassVar[str] = "kills"
    reversal: ClassVar[Reversal] = Reversal.PASSING
    leaves_nothing: ClassVar[bool] = True

    def describe(self) -> str:
        return f"the application's connections to {self.service} killed"
