"""Processes of the agent's that work from within a target's control group; they are killed with the agent."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from squall.agent.linux.cgroups import MEMBERS, NAMESPACE, Group
from squall.agent.linux.syscalls import die_with, join_groups

ROOT = Path(__file__).parents[3]


def start(
    main: Callable[[Sequence[str]], int], words: Sequence[str], handles: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """Start a function of the agent's as a process of its own; what goes wrong there is told on its stdout.

    It dies with the thread that starts it: that must be the agent's main thread.
    """
    # It is found where this very agent is, whatever that was started as.
    program = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from {main.__module__} import {main.__name__} as main; "
        "raise SystemExit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(os.getpid()), *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=list(handles))


def end(child: "subprocess.Popen[bytes]") -> None:
    """Kill it, wait for its end and let go of it."""
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()


def joining(group: Group, proc: Path) -> list[str]:
    """Return the words that ``join`` needs."""
    return [str(group.leaf), str(proc)]


def join(parent: str, folder: str, proc: str) -> None:
    """Bind this process to the agent's life and move it into a control group. Raises OSError."""
    die_with(int(parent))
    # Version 2 lets a process be moved only where both ends are in sight of its namespace: the node's sees all. Where
    # that cannot be had there is none between us and the target, or the move fails and says so.
    with suppress(OSError):
        handle = os.open(Path(proc) / NAMESPACE, os.O_RDONLY)
        join_groups(handle)
        os.close(handle)
    (Path(folder) / MEMBERS).write_text("0")
