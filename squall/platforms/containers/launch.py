"""Becomes Compose for one project, with the environment that makes it so; it does not outlive its parent.

testcontainers calls the script that ``script`` writes as if it were ``docker``; its first word is then ``compose``,
which the plugin run by itself does without. Standard library only.
"""

import ctypes
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from squall.platforms.this_machine.instance_folder import InstanceFolder

# From <linux/prctl.h>: a signal when the parent dies.
PR_SET_PDEATHSIG = 1
# Whose daemon, and which project, is not for the user's environment to say.
NOT_OURS = ("DOCKER_CONTEXT", "COMPOSE_FILE", "COMPOSE_REMOVE_ORPHANS")


def script(state: InstanceFolder, program: Path, project: str, socket: Path) -> Path:
    """Write the program that stands in for ``docker``, and return where it is."""
    root = str(Path(__file__).parents[3])
    code = f"import sys; sys.path.insert(0, {root!r}); from {__name__} import main; main(sys.argv[1:])"
    words = [sys.executable, "-P", "-c", code, str(os.getpid()), str(state.path), str(program), project, str(socket)]
    path = state.path / "docker"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    path.chmod(0o700)
    return path


def main(words: Sequence[str]) -> None:
    """Become Compose: parent, folder, program, project, socket, then what testcontainers says. This never returns."""
    parent, folder, program, project, socket, said, *rest = words
    # A terminal's Ctrl-C is the harness's matter.
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    InstanceFolder(Path(folder)).write_down("compose", os.getpid())
    # A parent that was gone before sends no signal any more.
    if os.getppid() != int(parent) or said != "compose":
        sys.exit(125)
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ.update(DOCKER_HOST=f"unix://{socket}", COMPOSE_PROJECT_NAME=project, COMPOSE_ANSI="never")
    os.execv(program, [str(program), *rest])  # noqa: S606 - no shell is wanted
