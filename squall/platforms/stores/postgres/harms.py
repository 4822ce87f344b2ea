"""The harms to PostgreSQL, by the name that orders call them."""

from collections.abc import Callable, Mapping

from squall.platforms.stores.harm import StoreHarm
from squall.platforms.stores.postgres.driver import Postgres
from squall.platforms.stores.postgres.kills import Kills
from squall.platforms.stores.postgres.locks import Locks
from squall.platforms.stores.postgres.loss import Loss
from squall.platforms.stores.postgres.password import Password
from squall.platforms.stores.postgres.slots import Slots

HARMS: Mapping[str, Callable[[Postgres], StoreHarm]] = {
    "kills": Kills, "locks": Locks, "loss": Loss, "password": Password, "slots": Slots,
}  # fmt: skip
