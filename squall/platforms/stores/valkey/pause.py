"""A cache that hangs: it takes connections and commands and answers none, until the time that it was given is over.

CLIENT PAUSE holds every command back, an early end of it too: the server alone ends it, whatever becomes of squall.
"""

from squall.clock import SYSTEM
from squall.errors import NotUndone
from squall.instances import Ended
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.harm import Effect, Impossible, Order, Over, seconds
from squall.platforms.stores.valkey.driver import (
    TooLate,
    Valkey,
    ValkeyConnection,
    ValkeyRefused,
    run_id,
)
from squall.waiting import until

LOOK_EVERY = 0.5
# A command that is not answered for so long is held back.
HELD_FOR = 0.25
LONGEST = 120.0
MARGIN = 5.0


class Pause:
    """CLIENT PAUSE ALL once, or for ``hold`` seconds again and again with as long between; PINGs show that it holds."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._hold = 0.0
        self._next = self._until = 0.0
        self._pausing: ValkeyConnection | None = None
        self._since = ""

    def before(self) -> Order:
        """Return nothing: it ends by itself."""
        return {}

    def begin(self, order: Order) -> Effect:
        """Pause; the effect is a PING that is held back."""
        lasts, self._hold = seconds(order, "lasts"), seconds(order, "hold")
        length, name = self._hold or lasts, self._valkey.endpoint.service
        if not 0 < length <= LONGEST:
            raise Impossible(f"pausing {name}: for up to {LONGEST:g} s, not {length:g}")
        tried_for = length + MARGIN if self._hold else min(HELD_FOR, length / 2)
        try:
            self._pausing, asking = self._valkey.connection(length + MARGIN), self._valkey.connection(tried_for)
            self._since = run_id(self._pausing)
            usual, sent = _answered(asking), SYSTEM.now()
            self._pause(self._pausing, length)
            self._until = sent + lasts
        except ValkeyRefused as error:
            raise Impossible(f"pausing {name}: {error}") from None
        try:
            took = _answered(asking)
        except TooLate:
            how = f"a PING is not answered within {tried_for * 1000:.0f} ms ({usual * 1000:.1f} ms before)"
            return Effect(True, how, sent, SYSTEM.now())
        except ValkeyRefused as error:
            raise Impossible(f"pausing {name}: {error}") from None
        finally:
            asking.close()
        how = f"a PING was answered after {took * 1000:.1f} ms ({usual * 1000:.1f} ms before)"
        return Effect(bool(self._hold) and took > max(self._hold / 2, usual), how, sent, SYSTEM.now())

    def keep(self) -> float:
        """Pause again, if it is the time."""
        if not self._hold or self._pausing is None:
            return LOOK_EVERY
        if (left := self._next - SYSTEM.now()) > 0:
            return left
        try:
            self._pause(self._pausing, self._hold)
        except ValkeyRefused:
            # Its end tells why.
            self._close()
        return 2 * self._hold

    def end(self) -> Over:
        """Wait until it is over: nobody can end it before."""
        self._close()
        asked = SYSTEM.now()
        sent = min(asked, self._until)
        try:
            connection = self._valkey.connection(LONGEST + MARGIN)
            try:
                now = run_id(connection)
            finally:
                connection.close()
        except (ValkeyRefused, StoreGone) as error:
            return Over(Ended.TARGET_GONE, f"{self._valkey.endpoint.service} is gone: {error}", sent, SYSTEM.now())
        if now != self._since:
            how = f"{self._valkey.endpoint.service} was started anew before the end"
            return Over(Ended.TARGET_GONE, how, sent, SYSTEM.now())
        took = (SYSTEM.now() - asked) * 1000
        return Over(Ended.AS_STATED, f"it answered {took:.1f} ms after it was asked", sent, SYSTEM.now())

    def undo(self, before: Order) -> str:
        """Wait until it is over."""
        asked = SYSTEM.now()
        name = self._valkey.endpoint.service
        until(
            f"waiting for the end of a pause of {name}",
            self._answers,
            within=LONGEST + MARGIN,
            every=LOOK_EVERY,
            passing=(ValkeyRefused,),
            error=NotUndone,
        )
        return f"{name} answered {(SYSTEM.now() - asked) * 1000:.1f} ms after it was asked"

    def _answers(self) -> bool:
        connection = self._valkey.connection(LONGEST + MARGIN)
        try:
            _answered(connection)
        finally:
            connection.close()
        return True

    def _pause(self, connection: ValkeyConnection, length: float) -> None:
        connection.ask("CLIENT", "PAUSE", int(length * 1000), "ALL")
        self._next = SYSTEM.now() + 2 * length

    def _close(self) -> None:
        if self._pausing is not None:
            self._pausing.close()
            self._pausing = None


def _answered(connection: ValkeyConnection) -> float:
    """Return how long a PING took (s). Raises TooLate."""
    began = SYSTEM.now()
    connection.ask("PING")
    return SYSTEM.now() - began
