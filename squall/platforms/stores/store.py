"""The workers of a run as the harness sees them: started once for each store, asked, ended with the platform."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, InjectionFailed, SquallError
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.endpoint import StoreEndpoint, tag
from squall.platforms.stores.harm import Impossible
from squall.platforms.stores.undo import KIND
from squall.platforms.stores.worker_client import LIVING, WorkerClient
from squall.process.message import What
from squall.safety.audit import OURS
from squall.safety.undo_log import Undo


class StoreWorkers:
    """All workers of a platform. ``owned`` raises InjectionFailed unless the run may harm.

    ``environment`` is what the workers' processes are given beside this one's.
    """

    def __init__(self, owned: Callable[[], None], environment: Mapping[str, str] | None = None) -> None:
        self.owned, self._environment = owned, environment or {}
        self._clients: dict[str, tuple[StoreEndpoint, str, WorkerClient]] = {}
        self.before: dict[tuple[str, str], Mapping[str, Json]] = {}
        # Which process did a harm, by the store's service and the harm's name.
        self.began: dict[tuple[str, str], int] = {}

    def at(self, endpoints: Iterable[StoreEndpoint]) -> Mapping[str, "WorkerStore"]:
        """Return the stores behind endpoints, by service."""
        return {endpoint.service: WorkerStore(endpoint, self) for endpoint in endpoints}

    def attend(self, endpoint: StoreEndpoint, run: str) -> WorkerClient:
        """Return the worker of a store; it is started if there is none."""
        if endpoint.service not in self._clients or not self._clients[endpoint.service][2].alive:
            new = WorkerClient(endpoint, run, self._environment)
            self._clients[endpoint.service] = endpoint, run, new
            LIVING[endpoint.model_dump_json(), run] = new
        return self._clients[endpoint.service][2]

    def fields(self) -> Mapping[str, str]:
        """Return, for the audit, what squall has in the stores that have a worker, and the settings it changes."""
        found: dict[str, str] = {}
        changing = {service for (service, _), before in self.before.items() if before}
        for endpoint, run, one in self._clients.values():
            # That a store does not answer is reported by who needs it.
            with suppress(SquallError):
                said = one.ask("fields")["fields"]
                for name, text in said.items() if isinstance(said, dict) else ():
                    if name.startswith(OURS) or endpoint.service in changing:
                        found[name] = run if text == tag(run) else str(text)
        return found

    def close(self) -> None:
        """End them all, and what they hold."""
        for endpoint, run, one in self._clients.values():
            one.close()
            LIVING.pop((endpoint.model_dump_json(), run), None)
        self._clients.clear()


@dataclass(frozen=True, slots=True)
class WorkerStore:
    """A store, for the faults; see ``capability.StoreHandle``."""

    endpoint: StoreEndpoint
    workers: StoreWorkers

    def undo(self, harm: str, run: str, remembers: bool) -> Undo:
        before: Mapping[str, Json] = {}
        if remembers:
            said = self._ask(run, "before", harm=harm)["before"]
            before = said if isinstance(said, dict) else {}
        self.workers.before[self.endpoint.service, harm] = before
        args = {"endpoint": self.endpoint.model_dump(mode="json"), "run": run, "harm": harm, "before": dict(before)}
        return Undo(KIND, f"{harm} in {self.endpoint.service}", args)

    def attend(self, run: str) -> None:
        """Start the worker and let it log in once, as all who will. Raises Misuse, HarnessFailed."""
        try:
            self.workers.attend(self.endpoint, run).ask("ready")
        except Impossible as error:
            raise HarnessFailed(str(error)) from error

    def harm(self, harm: str, run: str, **order: Json) -> Evidence:
        self.workers.owned()
        self.workers.began[self.endpoint.service, harm] = self.workers.attend(self.endpoint, run).pid
        said = self._ask(run, "harm", harm=harm, **self.workers.before.get((self.endpoint.service, harm), {}), **order)
        return Evidence(self.endpoint.service, bool(said["proven"]), str(said["how"]), _between(said))

    def look(self, harm: str, run: str) -> Mapping[str, Json]:
        return self.workers.attend(self.endpoint, run).ask("look", harm=harm)

    def backlog(self, queue: str, run: str) -> int:
        return int(str(self._ask(run, "backlog", queue=queue)["backlog"]))

    def logins(self, run: str) -> Mapping[str, float]:
        said = self._ask(run, "logins")["logins"]
        return {address: float(str(age)) for address, age in said.items()} if isinstance(said, dict) else {}

    def started(self, run: str) -> str:
        return str(self._ask(run, "started")["started"])

    def end(self, harm: str, run: str) -> Ending:
        """End a harm, or return how it ended.

        When a worker dies, what it held ends with it; what it had only done is undone by its successor.
        """
        try:
            client = self.workers.attend(self.endpoint, run)
            if client.pid == self.workers.began.get((self.endpoint.service, harm)):
                try:
                    return _ending(self.endpoint.service, client.ask("end", harm=harm))
                except HarnessFailed:
                    if client.alive:
                        raise
            return self._ended_early(harm, self.workers.attend(self.endpoint, run))
        except SquallError as error:
            raise HarnessFailed(f"ending {harm} in {self.endpoint.service}: {error}") from error

    def _ended_early(self, harm: str, successor: WorkerClient) -> Ending:
        asked, before = SYSTEM.now(), self.workers.before.get((self.endpoint.service, harm), {})
        proof = successor.ask("undo", harm=harm, before=dict(before))["proof"]
        how = f"its worker ended before the harm did, and its successor: {proof}"
        return Ending(self.endpoint.service, Ended.BY_OTHERS, how, Interval(asked, SYSTEM.now()))

    def _ask(self, run: str, do: str, **more: Json) -> What:
        try:
            return self.workers.attend(self.endpoint, run).ask(do, **more)
        except (Impossible, StoreGone, HarnessFailed) as error:
            raise InjectionFailed(str(error)) from error


def _ending(service: str, said: What) -> Ending:
    return Ending(service, Ended(str(said["ended"])), str(said["how"]), _between(said))


def _between(said: What) -> Interval:
    return Interval(float(str(said["sent"])), float(str(said["seen"])))
