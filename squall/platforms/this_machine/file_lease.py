"""The lease of a platform instance: a locked file that names the run. The lock ends with the process that holds it.

To be imported wherever undo logs are replayed.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from io import TextIOWrapper
from typing import Any

from squall.errors import Misuse
from squall.platforms.this_machine.arguments import LeaseArguments
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.process.identity import start_time
from squall.safety.undo_log import Undo, undoes

LEASE = "local.lease"


class FileLease:
    """A lease that is held from ``take`` until ``close``."""

    def __init__(self, state: InstanceFolder) -> None:
        self._state = state
        self._file: TextIOWrapper | None = None

    def take(self, run: str) -> None:
        """Take it for a run. Raises Misuse when a living run holds it.

        To be imported wherever undo logs are replayed.
        """
        if self._file is not None:
            self.close()
        file = self._state.lock.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            said = file.read()
            file.close()
            raise Misuse(f"{self._state.path} is held by another run ({said or 'that says nothing'})") from error
        file.truncate(0)
        json.dump({"run": run, "pid": os.getpid(), "started": start_time(os.getpid())}, file)
        file.flush()
        self._file = file

    def lost(self, run: str) -> str | None:
        """Say why the run does not hold it, or None while it does."""
        if self._file is None:
            return "this run does not hold its lease"
        try:
            holder = json.loads(self._state.lock.read_text() or "{}").get("run")
        except (OSError, ValueError):
            holder = None
        return None if holder == run else f"the lease is lost: it is held by {holder or 'nobody'}"

    def close(self) -> None:
        """Let go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def lease_undo(state: InstanceFolder, run: str) -> Undo:
    """Return the entry for the lease that a run holds."""
    return Undo(LEASE, f"the lease of {state.path}", {"folder": str(state.path), "run": run})


@undoes(LEASE, LeaseArguments)
def release_lease(args: Mapping[str, Any]) -> str:
    """Take the run's name out of the lock file if it is the run's."""
    lock = InstanceFolder.named(args["folder"]).lock
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
