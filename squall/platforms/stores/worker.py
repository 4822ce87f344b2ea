"""``python -m squall.platforms.stores.worker``: a process that does all that squall does in one store.

It holds sessions and locks, keeps the time of what it holds, and ends all of it when it is asked to, when the time is
over, or when its standard input closes because the harness is gone. What it says are answers, each with its order's
number. The first line that it is given says where; a password is never given to it nor said by it.
"""

import importlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from pydantic import JsonValue as Json

from squall.clock import SYSTEM
from squall.errors import Misuse, NotUndone, SquallError
from squall.platforms.stores.connection import StoreConnection, StoreGone
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.platforms.stores.harm import Impossible, LastingStoreHarm, Looking, Over, StoreHarm, seconds
from squall.process.message import What, messages
from squall.process.parent import Parent
from squall.process.prctl import keep_memory_private

# How errors are called on their way to the harness.
ERRORS: Mapping[str, type[SquallError]] = {
    "impossible": Impossible, "not undone": NotUndone, "misuse": Misuse, "gone": StoreGone,
}  # fmt: skip
FOR_EVER = 3600.0
# An end that did not succeed is tried again after so long.
AGAIN = 1.0
INSTALL = "pip install 'squall[stores]'"
_MODULES = {"postgres": "Postgres", "valkey": "Valkey"}


class Worker:
    """A store and the harms that are active there."""

    def __init__(self, endpoint: StoreEndpoint, run: str, environment: Mapping[str, str]) -> None:
        self.connection = StoreConnection(endpoint, environment)
        place = f"squall.platforms.stores.{endpoint.kind}"
        try:
            driver = importlib.import_module(f"{place}.driver")
        except ModuleNotFoundError as error:
            raise Misuse(f"harming {endpoint.service} needs {error.name}: {INSTALL}") from error
        self.server = getattr(driver, _MODULES[endpoint.kind])(self.connection, endpoint, run)
        self._made: Mapping[str, Callable[[Any], StoreHarm]] = importlib.import_module(f"{place}.harms").HARMS
        self._looks = importlib.import_module(f"{place}.looks")
        self._active: dict[str, LastingStoreHarm] = {}
        self._until: dict[str, float] = {}
        self._over: dict[str, Over] = {}

    def carry_out(self, order: What) -> Mapping[str, Json]:
        """Do what an order says and return the answer. Raises SquallError."""
        what, name = str(order["do"]), str(order.get("harm", ""))
        match what:
            case "ready" | "fields" | "started":
                return {what: getattr(self._looks, what)(self.server)}
            case "logins":
                return {"logins": self._looks.logins(self.server)}
            case "backlog":
                return {"backlog": self._looks.backlog(self.server, str(order["queue"]))}
            case "before":
                return {"before": dict(self._harm(name).before())}
            case "harm":
                return self._begin(name, order)
            case "look":
                active = self._active.get(name)
                return dict(active.look()) if isinstance(active, Looking) else {}
            case "end":
                return asdict(self._ended(name))
            case "undo":
                if name in self._until:
                    self._ended(name)
                before = order["before"]
                return {"proof": self._harm(name).undo(before if isinstance(before, dict) else {})}
        raise Misuse(f"there is no order {what!r}")

    def keep(self) -> float:
        """Keep what is active, end what has been long enough, and return after how many seconds to be called again."""
        wait = FOR_EVER
        for name, until in list(self._until.items()):
            if SYSTEM.now() < until:
                wait = min(wait, self._active[name].keep(), until - SYSTEM.now())
                continue
            try:
                self._ended(name)
            except SquallError:
                # Why is said when its end is asked for; until then it is tried again.
                wait = AGAIN
        return max(0.0, wait)

    def close(self) -> None:
        """End all that is active."""
        for name in list(self._until):
            with suppress(SquallError):
                self._ended(name)
        self.connection.close()

    def _begin(self, name: str, order: What) -> Mapping[str, Json]:
        harm = self._harm(name)
        effect = harm.begin(order)
        if effect.proven and isinstance(harm, LastingStoreHarm):
            self._active[name], self._until[name] = harm, effect.seen + seconds(order, "lasts")
            self._over.pop(name, None)
        return asdict(effect)

    def _ended(self, name: str) -> Over:
        """End a harm, or return how it ended."""
        if name not in self._over:
            if name not in self._active:
                raise NotUndone(f"ending {name}: it was not begun")
            self._over[name] = self._active[name].end()
            del self._until[name]
        return self._over[name]

    def _harm(self, name: str) -> StoreHarm:
        return self._made[name](self.server)


def main() -> None:
    """Answer orders until there are no more, then end everything."""
    keep_memory_private()
    parent, orders = Parent(), _orders()
    first = orders.get()
    if first is None:
        return
    worker = _made(parent, first)
    try:
        parent.say("ready", {"pid": os.getpid()})
        wait = FOR_EVER
        while True:
            try:
                order = orders.get(timeout=wait)
            except queue.Empty:
                wait = worker.keep()
                continue
            if order is None:
                return
            parent.say(f"answer {order['number']}", _answer(worker, order))
            wait = worker.keep()
    finally:
        worker.close()


def _made(parent: Parent, first: What) -> Worker:
    environment = dict(os.environ)
    for variable in [name for name in os.environ if name.startswith("PG")]:
        # What libpq would read there is the user's own, for other databases.
        del os.environ[variable]
    try:
        return Worker(StoreEndpoint.model_validate(first["endpoint"]), str(first["run"]), environment)
    except Misuse as error:
        parent.refuse(str(error))


def _orders() -> "queue.SimpleQueue[What | None]":
    """Return where orders arrive; None is their end: the harness is gone, or says that it is enough."""
    orders: queue.SimpleQueue[What | None] = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: orders.put(None))

    def read() -> None:
        for message in messages(lambda: os.read(0, 65536)):
            orders.put(message)
        orders.put(None)

    threading.Thread(target=read, name="orders", daemon=True).start()
    return orders


def _answer(worker: Worker, order: What) -> Mapping[str, Json]:
    try:
        return worker.carry_out(order)
    except SquallError as error:
        kind = next((name for name, kind in ERRORS.items() if isinstance(error, kind)), "failed")
        return {"error": kind, "text": str(error)}


if __name__ == "__main__":
    main()
