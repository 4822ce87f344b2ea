"""Ending what a platform instance started, and giving back its lease, from any process.

To be imported wherever undo logs are replayed.
"""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from squall.errors import NotUndone
from squall.platforms.this_machine.instance_folder import State
from squall.platforms.this_machine.process_tree import end, everyone, gone, members, tell
from squall.safety.undo_log import Undo, undoes

PROCESSES = "local.processes"
LEASE = "local.lease"
# The keeper asks, then kills.
ENDS_WITHIN = 12.0

Args = Mapping[str, Any]


def processes_undo(state: State) -> Undo:
    """Return the entry for all that is going to run below this folder."""
    return Undo(PROCESSES, f"the processes and files of {state.path}", {"folder": str(state.path)})


def lease_undo(state: State, run: str) -> Undo:
    """Return the entry for the lease that a run holds."""
    return Undo(LEASE, f"the lease of {state.path}", {"folder": str(state.path), "run": run})


@undoes(PROCESSES)
def end_processes(args: Args) -> str:
    """End the keeper and what it kept, by numbers and starts as written down in the folder; then remove the folder."""
    state = State(Path(args["folder"]))
    keeper, count = state.noted("keeper"), 0
    if keeper is not None:
        count = len(members(keeper, everyone())) + keeper.there()
        tell(keeper, signal.SIGTERM)
        if not gone(keeper, ENDS_WITHIN):
            tell(keeper, signal.SIGKILL)
            gone(keeper, 1.0)
        if left := end(state, keeper):
            numbers = ", ".join(str(each.pid) for each in left)
            raise NotUndone(f"ending the processes of {state.path}: still there: {numbers}")
    state.remove()
    if state.path.exists():
        raise NotUndone(f"removing {state.path}: it is still there")
    return f"{count} processes ended, none is left, and {state.path} is gone"


@undoes(LEASE)
def release_lease(args: Args) -> str:
    """Take the run's name out of the lock file if it is the run's."""
    lock = State(Path(args["folder"])).lock
    try:
        holder = json.loads(lock.read_text() or "{}").get("run")
    except FileNotFoundError:
        return f"{lock} is not there"
    except ValueError:
        holder = None
    if holder != args["run"]:
        return f"held by {holder or 'nobody'}: left alone"
    lock.write_text("")
    return f"held by {lock.read_text() or 'nobody'}"
