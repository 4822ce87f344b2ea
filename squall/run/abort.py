"""A request to abort a run or a drill, left in its folder: who asks, why and when. What interrupts is a signal."""

import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from squall.clock import SYSTEM
from squall.errors import Misuse
from squall.process.identity import NAME, Owner, owner, start_time
from squall.writing.private import replace
from squall.writing.redact import redacted

FILE = "abort.json"


@dataclass(frozen=True, slots=True)
class AbortRequest:
    """``t`` is when it was made (CLOCK_MONOTONIC seconds of this machine)."""

    who: str
    why: str
    t: float

    def __str__(self) -> str:
        return f"aborted by {self.who}" + (f": {self.why}" if self.why else "")


def request_abort(folder: Path, who: str, why: str) -> AbortRequest:
    """Have the process that holds a folder abort what it does: it undoes, judges and reports as after Ctrl-C.

    Raises:
        Misuse: no process of this machine does.
    """
    holder = owner(folder)
    if holder is Owner.ELSEWHERE:
        raise Misuse(f"aborting {folder}: {holder}; go there, or use the page of the drill (--page)")
    said = json.loads((folder / NAME).read_text()) if holder is Owner.ALIVE else {}
    try:
        process = os.pidfd_open(int(said["pid"]))
    except (LookupError, ProcessLookupError):
        raise Misuse(f"aborting {folder}: nothing is under way there; squall undo takes back what is left") from None
    try:
        # The number may have become another process's.
        if start_time(int(said["pid"])) != said["started"]:
            raise Misuse(f"aborting {folder}: its process has another number in this container; go where it was begun")
        asked = AbortRequest(redacted(who), redacted(why), SYSTEM.now())
        replace(folder / FILE, json.dumps(asdict(asked)).encode())
        signal.pidfd_send_signal(process, signal.SIGINT)
    finally:
        os.close(process)
    return asked


def requested_abort(folder: Path) -> AbortRequest | None:
    """Return the request that was left in a folder; None: there is none that can be read."""
    try:
        said = json.loads((folder / FILE).read_bytes())
        return AbortRequest(str(said["who"]), str(said["why"]), float(said["t"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None
