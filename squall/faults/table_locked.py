"""``the table "document" of "postgres" is locked for 20s``: whoever reads or writes it waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.faults.at_store import AtStore
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class TableLocked(AtStore):
    """A table is locked in ACCESS EXCLUSIVE mode for a time; or for ``hold`` seconds again and again in that time.

    Between two locks of the second kind the table is free for as long as it was locked: queries are slow, and none
    waits longer than ``hold``. The effect is a read as the application's own role that waits, timed beside one before.
    A lock that others do not let squall have within 5s is no effect. Undone by ending the session that holds it; when
    the worker is gone the lock goes with it, and one that hangs is ended by the server
    (idle_in_transaction_session_timeout).
    """

    table: str = ""
    hold: float = 0.0
    of: ClassVar[StoreKind] = "postgres"
    harm: ClassVar[str] = "locks"

    def describe(self) -> str:
        turns = f"for {self.hold:g}s again and again, " if self.hold else ""
        return f"the table {self.table} of {self.service} locked, {turns}for {self.lasts:g}s"

    def order(self) -> Mapping[str, Json]:
        return {"table": self.table, "hold": self.hold}
