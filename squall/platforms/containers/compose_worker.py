"""``python -m squall.platforms.containers.compose_worker``: Compose, run by testcontainers in a process of its own.

So Compose gets an environment that makes the project the run's, and ends with the harness: it is in this process's
session, which is killed when standard input closes. Only here is testcontainers imported. Ryuk, which it starts beside
single containers, has no part in this: what is made carries our labels, and our undo log removes it.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from testcontainers.compose import DockerCompose

from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.process.parent import Parent

# What Compose is asked to do.
CONFIG, UP = "config", "up"
# Whose daemon, and which project, is not for the user's environment to say.
NOT_OURS = ("DOCKER_CONTEXT", "COMPOSE_FILE", "COMPOSE_REMOVE_ORPHANS")


class Plugin(DockerCompose):
    """Compose by its plugin's program, which runs without the ``docker`` command, too."""

    @cached_property
    def compose_command_property(self) -> list[str]:
        """The words that each command begins with."""
        files = self.compose_file_name or []
        return [str(self.docker_command_path), *(word for file in files for word in ("-f", str(file)))]


def main(words: Sequence[str]) -> None:
    """Do one thing and say how it went: what, the instance's folder, program, project, socket, folder, files."""
    do, state, program, project, socket, folder, *files = words
    parent = Parent()
    signal.signal(signal.SIGTERM, lambda *_: _end())
    threading.Thread(target=_end_with_harness, daemon=True).start()
    # Noted, so that an undo can end it if this process is killed alone.
    InstanceFolder(Path(state)).write_down("compose", os.getpid())
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ.update(DOCKER_HOST=f"unix://{socket}", COMPOSE_PROJECT_NAME=project, COMPOSE_ANSI="never")
    # What fails is said by the answer, once.
    logging.disable(logging.CRITICAL)
    compose = Plugin(folder, list(files), wait=False, docker_command_path=program)
    try:
        parent.say("done", {"config": json.dumps(compose.get_config())} if do == CONFIG else _started(compose))
    except (subprocess.CalledProcessError, OSError) as error:
        parent.say("failed", {"why": _why(error)})


def _started(compose: DockerCompose) -> dict[str, str]:
    compose.start()
    return {}


def _end_with_harness() -> None:
    while os.read(0, 4096):
        pass
    _end()


def _end() -> None:
    """Kill this process and the Compose that it runs."""
    os.killpg(os.getpid(), signal.SIGKILL)


def _why(error: subprocess.CalledProcessError | OSError) -> str:
    """Return Compose's last line: before it Compose says what it did."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    lines = [line.strip() for line in error.stderr.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"Compose ended with {error.returncode}"


if __name__ == "__main__":
    main(sys.argv[1:])
