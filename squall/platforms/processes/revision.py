"""Which version of its program a process runs: written down by ``launch`` before it becomes that program.

The number of a process passes on to others, so its start time is beside it. Standard library only.
"""

import json
import os
from contextlib import suppress

from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.process.identity import start_time

# What was deployed; releases count on from it.
FIRST = "1"


def write_down(state: InstanceFolder, name: str, revision: str) -> None:
    """Note that this process is about to be a version of a program."""
    path = state.runs(name)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({"process": _process(os.getpid()), "revision": revision}))
    beside.replace(path)


def running(state: InstanceFolder, name: str, incarnation: str) -> str:
    """Return the version that a process (its number and start) runs; an empty text if it has not said so."""
    with suppress(OSError, ValueError, KeyError):
        said = json.loads(state.runs(name).read_text())
        return str(said["revision"]) if said["process"] == incarnation else ""
    return ""


def last(state: InstanceFolder, name: str) -> tuple[str, str]:
    """Return the process that was last started under a name (number and start), and its version; empty texts: none."""
    with suppress(OSError, ValueError, KeyError):
        said = json.loads(state.runs(name).read_text())
        return str(said["process"]), str(said["revision"])
    return "", ""


def _process(pid: int) -> str:
    return f"{pid}/{str(start_time(pid)).rpartition('/')[2]}"
