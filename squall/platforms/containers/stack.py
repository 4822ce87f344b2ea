"""Some compose files of a project: what they come to, and bringing them up, each by a process that runs Compose."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from squall.errors import HarnessFailed, Misuse
from squall.platforms.containers.overlay import Config
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.process.child import Child
from squall.process.message import What
from squall.process.python import module_command

# Reading files takes a tenth of this.
READ_WITHIN = 30.0
ENDS_WITHIN = 5.0
WORKER = "squall.platforms.containers.compose_worker"


def installed() -> None:
    """Raise Misuse unless what runs Compose is there."""
    if missing := [name for name in ("testcontainers", "docker") if find_spec(name) is None]:
        raise Misuse(f"the platform compose needs {missing[0]}: pip install 'squall[containers]'")


class _NotDone(Exception):
    """Compose did not do it; says why."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Compose files, run in ``folder`` by the plugin ``program`` for a project of the daemon at ``socket``."""

    state: InstanceFolder
    program: Path
    project: str
    socket: Path
    folder: Path
    files: Sequence[Path]

    def config(self) -> Config:
        """Return what the files come to.

        Raises:
            Misuse: Compose does not understand them.
        """
        try:
            config: Config = json.loads(str(self._ask("config", READ_WITHIN)["config"]))
        except _NotDone as error:
            raise Misuse(f"reading {self._named}: {error}") from error
        return config

    def up(self, within: float) -> None:
        """Bring them up, and return once all is started that may be started by then (``depends_on``).

        Raises:
            HarnessFailed: Compose fails, or is not done in time.
        """
        try:
            self._ask("up", within)
        except _NotDone as error:
            raise HarnessFailed(f"bringing up {self._named}: {error}") from error

    @property
    def _named(self) -> str:
        return ", ".join(path.name for path in self.files)

    def _ask(self, do: str, within: float) -> What:
        """Return what it says when it is done. Raises _NotDone, also when it is not done in time."""
        failed: list[str] = []

        def hear(kind: str, what: What) -> None:
            if kind == "failed":
                failed.append(str(what["why"]))

        words = [do, self.state.path, self.program, self.project, self.socket, self.folder, *self.files]
        compose = Child("Compose", module_command(WORKER, *words), hear, {})
        try:
            return compose.expect("done", within)
        except HarnessFailed as error:
            late = f"not done after {within:g} s" if compose.alive else str(error)
            raise _NotDone(failed[0] if failed else late) from error
        finally:
            compose.stop(ENDS_WITHIN)
