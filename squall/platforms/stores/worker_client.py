"""One worker as the harness sees it: a process that is started, asked, and ended."""

from collections.abc import Mapping

from pydantic import JsonValue as Json

from squall.errors import HarnessFailed, SquallError
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.platforms.stores.worker import ERRORS
from squall.process.child import Child
from squall.process.message import What
from squall.process.python import module_command

STARTED_WITHIN = 30.0
# The longest order: an undo that waits for a pause to end, a copy of a gigabyte.
ANSWERED_WITHIN = 300.0
STOPPED_WITHIN = 10.0


class WorkerClient:
    """One worker: a process at one store, for one run.

    Raises:
        Misuse: what it needs is not installed, or not said.
    """

    def __init__(self, endpoint: StoreEndpoint, run: str, environment: Mapping[str, str] | None = None) -> None:
        self._endpoint, self._number = endpoint, 0
        command = module_command("squall.platforms.stores.worker")
        self._child = Child(f"the worker of {endpoint.service}", command, lambda kind, what: None, environment or {})
        try:
            self._child.send({"endpoint": endpoint.model_dump(mode="json"), "run": run})
            self._child.expect("ready", STARTED_WITHIN)
        except SquallError:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._child.alive

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

    def ask(self, do: str, **more: Json) -> What:
        """Have an order carried out. Raises HarnessFailed, or what its errors are called (``worker.ERRORS``)."""
        self._number += 1
        self._child.send({"number": self._number, "do": do, **more})
        said = self._child.expect(f"answer {self._number}", ANSWERED_WITHIN)
        if "error" in said:
            raise ERRORS.get(str(said["error"]), HarnessFailed)(str(said["text"]))
        return said

    def close(self) -> None:
        """Have it end all that it holds, and end."""
        self._child.stop(STOPPED_WITHIN)


# Those of this process, for undos that are replayed while they live.
LIVING: dict[tuple[str, str], WorkerClient] = {}


def living_worker(endpoint: StoreEndpoint, run: str) -> WorkerClient | None:
    """Return the worker that this process has at a store for a run, if it lives."""
    found = LIVING.get((endpoint.model_dump_json(), run))
    return found if found is not None and found.alive else None
