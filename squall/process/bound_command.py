"""``python -m squall.process.bound_command COMMAND...``: runs a command that must not outlive the harness.

It ends the command, and all that this started in its session, when its standard input closes or it is asked to end.
What the command prints goes to a file that is no part of any record: nobody knows what a team's tool says.
Standard library only.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from squall.process.parent import Parent, end_requests
from squall.process.private import create

ASKED_FOR = 5.0


def main(words: Sequence[str]) -> int:
    """Run the words after the first, which names the file for what they print; return the command's exit code."""
    parent, wake = Parent(), end_requests()
    try:
        with create(Path(words[0])) as log:
            command = subprocess.Popen(
                words[1:], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
    except OSError as error:
        parent.refuse(f"running {words[1]}: {error.strerror}")
    parent.say("started", {"pid": command.pid})
    pidfd = os.pidfd_open(command.pid)
    ready, _, _ = select.select([0, wake, pidfd], [], [])
    if pidfd not in ready:
        _end(command)
    code = command.wait()
    parent.say("ended", {"code": code})
    return code if code >= 0 else 128 - code


def _end(command: "subprocess.Popen[bytes]") -> None:
    """End the session of a command: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(command.pid, number)
        with suppress(subprocess.TimeoutExpired):
            command.wait(ASKED_FOR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
