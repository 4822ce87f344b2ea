"""``python -m ...processes.watchdog FOLDER COMMAND...``: supervisord's parent, which outlives the harness.

It ends when its standard input closes (the harness died), when it is asked to, or when supervisord ends; nothing that
was started outlives it by more than some seconds. If it is killed itself, supervisord is sent SIGTERM. It starts
nothing but supervisord, and restarts nothing.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from squall.platforms.this_machine.instance_folder import InstanceFolder, NotedProcess
from squall.platforms.this_machine.process_tree import end_tree
from squall.process.identity import start_time
from squall.process.parent import Parent, end_requests
from squall.process.prctl import adopt_orphans, die_with_parent


def main(words: Sequence[str]) -> int:
    """Start supervisord (the words after the folder), wait, end it. Exit code 1: something could not be ended."""
    parent, state = Parent(), InstanceFolder(Path(words[0]))
    adopt_orphans()
    wake = end_requests()
    state.write_down("watchdog", os.getpid())
    with state.log("supervisord").open("wb") as log:
        supervisord = subprocess.Popen(
            words[1:], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            # This process has one thread. Told so, supervisord stops all that it runs, each with its grace.
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),
        )  # fmt: skip
    state.write_down("supervisord", supervisord.pid)
    parent.say("up", {"pid": os.getpid()})
    pidfd = os.pidfd_open(supervisord.pid)
    ready, _, _ = select.select([0, wake, pidfd], [], [])
    if pidfd in ready:
        parent.say("supervisord ended", {})
    left = end_tree(state, NotedProcess(os.getpid(), str(start_time(os.getpid()))), _reap)
    if left:
        sys.stderr.write(f"not ended: {', '.join(str(each.pid) for each in left)}\n")
        return 1
    state.remove()
    return 0


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
