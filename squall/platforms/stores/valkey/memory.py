"""A cache whose memory is full: its limit is set to what it holds. Each write then costs a key, or is refused."""

import hashlib

from squall.clock import SYSTEM
from squall.errors import NotUndone
from squall.instances import Ended
from squall.platforms.stores.harm import Effect, Impossible, Order, Over
from squall.platforms.stores.valkey.driver import (
    MAXMEMORY,
    Valkey,
    ValkeyConnection,
    ValkeyRefused,
    run_id,
)

LOOK_EVERY = 0.2
EFFECT_WITHIN = 5.0
# A value that is ours is known by its last bits: they are the run's.
MARKS = 1 << 12
# A cache that is so full loses keys without us.
FULL = 0.99
_TRIAL = "x" * 4096


class MemoryLimit:
    """CONFIG SET maxmemory to the memory that is used, and back to what it was if it still is our value."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._mark = int.from_bytes(hashlib.sha256(valkey.run.encode()).digest()[:2]) % MARKS
        self._was = self._since = ""

    def before(self) -> Order:
        """Return the limit as it is. Raises Impossible."""
        with self._valkey.looking(f"reading {MAXMEMORY} of {self._valkey.endpoint.service}") as connection:
            return {MAXMEMORY: connection.setting(MAXMEMORY)}

    def begin(self, order: Order) -> Effect:
        """Set the limit; the effect is a key that had to go, or a write that is refused."""
        about = f"filling the memory of {self._valkey.endpoint.service}"
        self._was = str(order[MAXMEMORY])
        with self._valkey.looking(about) as connection:
            if (now := connection.setting(MAXMEMORY)) != self._was:
                raise Impossible(f"{about}: {MAXMEMORY} was {self._was}, and was changed to {now} meanwhile")
            self._since = run_id(connection)
            used = int(str(connection.info("memory")["used_memory"]))
            if 0 < int(self._was) * FULL <= used:
                raise Impossible(f"{about}: it is full already, {used} of {self._was} bytes")
            evicted = _evicted(connection)
            sent = SYSTEM.now()
            connection.ask("CONFIG", "SET", MAXMEMORY, self._ours(used))
            return self._shown(connection, used, evicted, sent)

    def keep(self) -> float:
        """Do nothing: the server keeps it."""
        return LOOK_EVERY

    def end(self) -> Over:
        """Set the limit back; tell if somebody, or a restart, did it before."""
        sent = SYSTEM.now()
        ours, same, proof = self._lifted(self._was)
        elsewise = Ended.BY_OTHERS if same else Ended.TARGET_GONE
        return Over(Ended.AS_STATED if ours else elsewise, proof, sent, SYSTEM.now())

    def undo(self, before: Order) -> str:
        """Set the limit back to what it was before, if it still is ours."""
        return self._lifted(str(before[MAXMEMORY]))[2]

    def _ours(self, used: int) -> int:
        """Return a limit that is below what is used, and that we know again as ours."""
        return max(1, used // MARKS - 1) * MARKS + self._mark

    def _shown(self, connection: ValkeyConnection, used: int, evicted: int, sent: float) -> Effect:
        """Wait until a key had to go or a write was refused; a write of our own is one of those that may be."""
        key = f"{self._valkey.tag}/trial"
        while SYSTEM.now() < sent + EFFECT_WITHIN:
            try:
                connection.ask("SET", key, _TRIAL, "PX", 100)
            except ValkeyRefused as error:
                return Effect(True, f"at {used} bytes a write is refused: {error}", sent, SYSTEM.now())
            finally:
                connection.ask("DEL", key)
            if (gone := _evicted(connection) - evicted) > 0:
                return Effect(True, f"at {used} bytes {gone} keys had to go (evicted_keys)", sent, SYSTEM.now())
            SYSTEM.sleep(LOOK_EVERY)
        self._lifted(self._was)
        return Effect(False, f"no key had to go and no write was refused in {EFFECT_WITHIN:g} s", sent, SYSTEM.now())

    def _lifted(self, was: str) -> tuple[bool, bool, str]:
        """Say whether the limit was ours until now, whether the server is the same, and what the limit is now.

        Raises NotUndone.
        """
        about = f"{MAXMEMORY} of {self._valkey.endpoint.service}"
        with self._valkey.looking(f"setting {about} back", NotUndone) as connection:
            same = run_id(connection) == self._since
            if int(now := connection.setting(MAXMEMORY)) % MARKS != self._mark or now == was:
                return False, same, f"{about} is {now}: not ours, left alone"
            connection.ask("CONFIG", "SET", MAXMEMORY, was)
            back = connection.setting(MAXMEMORY)
        if back != was:
            raise NotUndone(f"setting {about} back: it is {back}, not {was}")
        return True, same, f"{about} is {back} again"


def _evicted(connection: ValkeyConnection) -> int:
    return int(str(connection.info("stats").get("evicted_keys", 0)))
