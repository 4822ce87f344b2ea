"""All keys of a cache gone at once. Nothing brings them back but their owners."""

from collections.abc import Mapping

from pydantic import JsonValue as Json

from squall.clock import SYSTEM
from squall.platforms.stores.harm import Effect, Impossible, Order
from squall.platforms.stores.valkey.driver import Valkey

_KEYS = ("INFO", "keyspace")


class Flush:
    """FLUSHALL, between two counts of the keys with nothing of others' in between."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    def before(self) -> Order:
        """Return nothing: there is nothing to undo."""
        return {}

    def begin(self, order: Order) -> Effect:
        """Flush, and count before and after."""
        name = self._valkey.endpoint.service
        if not self._valkey.endpoint.disposable:
            raise Impossible(f"{name} is not marked disposable")
        with self._valkey.looking(f"flushing {name}") as connection:
            sent = SYSTEM.now()
            before, _, after = connection.together(_KEYS, ("FLUSHALL", "SYNC"), _KEYS)
        had, has = _count(before), _count(after)
        return Effect(had > 0 and not has, f"{had} keys, then {has} (INFO keyspace)", sent, SYSTEM.now())

    def undo(self, before: Order) -> str:
        """Return why there is nothing to do."""
        return "a cache is flushed in an instant: nothing is left active"


def _count(keyspace: Json) -> int:
    databases = keyspace.values() if isinstance(keyspace, Mapping) else ()
    return sum(int(str(each["keys"])) for each in databases if isinstance(each, Mapping))
