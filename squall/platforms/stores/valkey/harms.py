"""The harms to Valkey, by the name that orders call them."""

from collections.abc import Callable, Mapping

from squall.platforms.stores.harm import StoreHarm
from squall.platforms.stores.valkey.driver import Valkey
from squall.platforms.stores.valkey.flush import Flush
from squall.platforms.stores.valkey.memory import MemoryLimit
from squall.platforms.stores.valkey.pause import Pause

HARMS: Mapping[str, Callable[[Valkey], StoreHarm]] = {"flush": Flush, "memory": MemoryLimit, "pause": Pause}
