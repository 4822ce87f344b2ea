"""``"redis" hangs for 20s``: it takes connections and commands, and answers none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.faults.at_store import AtStore
from squall.system.stores import StoreKind


@dataclass(frozen=True, slots=True)
class Hangs(AtStore):
    """A cache holds every command back for a time (CLIENT PAUSE ALL); or for ``hold`` seconds again and again in it.

    Between two pauses of the second kind it answers for as long as it did not. The effect is a PING that is not
    answered, timed beside one before. The server ends each pause by itself, and nobody can end it earlier: an
    interrupted run waits for that.
    """

    hold: float = 0.0
    of: ClassVar[StoreKind] = "valkey"
    harm: ClassVar[str] = "pause"

    def describe(self) -> str:
        return f"{self.service} hangs {f'for {self.hold:g}s again and again, ' if self.hold else ''}for {self.lasts:g}s"

    def order(self) -> Mapping[str, Json]:
        return {"hold": self.hold}
