"""Compose as testcontainers runs it: what its files come to, and bringing it up. Only here is testcontainers imported.

Ryuk, which testcontainers starts beside single containers, has no part in this: what is made carries our labels, and
our undo log takes it away. Nor is a port asked of it: the overlay has fixed it.
"""

import json
import logging
import signal
import subprocess
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from squall.errors import HarnessFailed, Misuse
from squall.platforms.containers.overlay import Config
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import send_signal

if TYPE_CHECKING:
    from testcontainers.compose import DockerCompose

# Reading files takes a tenth of this.
READ_WITHIN = 30.0


def installed() -> None:
    """Raise Misuse unless testcontainers is there."""
    if find_spec("testcontainers") is None:
        raise Misuse("the platform compose needs testcontainers: pip install 'squall[containers]'")


class Stack:
    """Some compose files, run in their folder by a stand-in for ``docker`` (see ``launch``)."""

    def __init__(self, state: InstanceFolder, docker: Path, folder: Path, files: Sequence[Path]) -> None:
        self._state, self._docker, self._folder, self._files = state, docker, folder, files

    def config(self) -> Config:
        """Return what the files come to.

        Raises:
            Misuse: Compose does not understand them.
        """
        words = [*self._compose().docker_compose_command(), "config", "--format", "json"]
        try:
            done = subprocess.run(
                words, cwd=self._folder, capture_output=True, timeout=READ_WITHIN, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise HarnessFailed(f"reading {self._named()}: Compose has not answered after {READ_WITHIN:g} s") from error
        if done.returncode:
            raise Misuse(f"reading {self._named()}: {_said(done.stderr) or f'Compose ended with {done.returncode}'}")
        config: Config = json.loads(done.stdout)
        return config

    def up(self, within: float) -> None:
        """Bring it up, and return once all is started that may be started by then (``depends_on``).

        Raises:
            HarnessFailed: Compose fails, or is not done in time.
        """
        late = threading.Event()

        def stop() -> None:
            late.set()
            if (compose := self._state.noted("compose")) is not None:
                send_signal(compose, signal.SIGKILL)

        watchdog = threading.Timer(within, stop)
        watchdog.start()
        try:
            self._compose().start()
        except subprocess.CalledProcessError as error:
            why = f"not done after {within:g} s" if late.is_set() else _said(error.stderr) or f"exit {error.returncode}"
            raise HarnessFailed(f"bringing up {self._named()}: {why}") from error
        finally:
            watchdog.cancel()

    def _compose(self) -> "DockerCompose":
        from testcontainers.compose import DockerCompose

        # What fails is told by what is raised, once.
        logging.getLogger(DockerCompose.__module__).setLevel(logging.CRITICAL)
        files = [str(path) for path in self._files]
        return DockerCompose(self._folder, files, wait=False, docker_command_path=str(self._docker))

    def _named(self) -> str:
        return ", ".join(path.name for path in self._files)


def _said(output: bytes) -> str:
    """Return the last line: before it Compose tells what it did."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""
