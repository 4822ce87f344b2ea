"""Ending what a platform instance started, from any process.

To be imported wherever undo logs are replayed.
"""

import signal
from collections.abc import Mapping
from typing import Any

from squall.errors import NotUndone
from squall.platforms.this_machine.arguments import OfInstance
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import all_processes, end_tree, members, send_signal, wait_until_gone
from squall.safety.undo_log import Undo, undoes

PROCESSES = "local.processes"
# The watchdog asks, then kills.
ENDS_WITHIN = 12.0

Args = Mapping[str, Any]


def processes_undo(state: InstanceFolder) -> Undo:
    """Return the entry for all that is going to run below this folder."""
    return Undo(PROCESSES, f"the processes and files of {state.path}", {"folder": str(state.path)})


@undoes(PROCESSES, OfInstance)
def end_processes(args: Args) -> str:
    """End the watchdog and what it runs, by the pids and start times noted in the folder; then remove the folder."""
    state = InstanceFolder.named(args["folder"])
    # A folder that an older squall made calls it its keeper.
    watchdog, count = state.noted("watchdog") or state.noted("keeper"), 0
    if watchdog is not None:
        count = len(members(watchdog, all_processes())) + watchdog.lives()
        send_signal(watchdog, signal.SIGTERM)
        if not wait_until_gone(watchdog, ENDS_WITHIN):
            send_signal(watchdog, signal.SIGKILL)
            wait_until_gone(watchdog, 1.0)
        if left := end_tree(state, watchdog):
            numbers = ", ".join(str(each.pid) for each in left)
            raise NotUndone(f"ending the processes of {state.path}: still there: {numbers}")
    state.remove()
    if state.path.exists():
        raise NotUndone(f"removing {state.path}: it is still there")
    return f"{count} processes ended, none is left, and {state.path} is gone"
