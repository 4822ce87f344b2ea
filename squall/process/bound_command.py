"""``python -m squall.process.bound_command COMMAND...``: runs a command that must not outlive the harness.

It ends the command, and all that this started in its session, when its standard input closes or it is asked to end.
What the command prints goes to a file of this user's alone, without what looks like a secret: nobody knows what a
team's tool says. Its last lines are told with its exit code.
Standard library only.
"""

import os
import select
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

from squall.process.parent import Parent, end_requests
from squall.writing.private import create
from squall.writing.redact import redacted

ASKED_FOR = 5.0
SAID_WITHIN = 1.0
# What is longer is taken in pieces.
LONGEST_LINE = 65536
# How much is told of what it printed last: lines, and characters of each.
LAST_LINES, WIDEST = 5, 200


def main(words: Sequence[str]) -> int:
    """Run the words after the first, which names the file for what they print; return the command's exit code."""
    parent, wake = Parent(), end_requests()
    try:
        log = create(Path(words[0]))
        command = subprocess.Popen(
            words[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        parent.refuse(f"running {words[1]}: {error.strerror}")
    last: deque[str] = deque(maxlen=LAST_LINES)
    copying = threading.Thread(target=_copy, args=(command.stdout, log, last), daemon=True)
    copying.start()
    parent.say("started", {"pid": command.pid})
    pidfd = os.pidfd_open(command.pid)
    ready, _, _ = select.select([0, wake, pidfd], [], [])
    if pidfd not in ready:
        _end(command)
    code = command.wait()
    # What it has left running may hold its output open, and is not waited for.
    copying.join(SAID_WITHIN)
    parent.say("ended", {"code": code, "last": [line[:WIDEST] for line in last.copy()]})
    return code if code >= 0 else 128 - code


def _copy(said: IO[bytes], log: BinaryIO, last: deque[str]) -> None:
    """Write each line down as it comes, and keep the last ones; a key of several lines is hidden whole."""
    key = False
    for line in iter(lambda: said.readline(LONGEST_LINE), b""):
        begun, ended = key or b"-----BEGIN" in line, b"-----END" in line
        text = redacted(line.decode(errors="replace")) if not begun else "***\n" * ended
        key = begun and not ended
        if text.strip():
            last.append(text.strip())
        # A full disk is no reason to have the command wait for its output to be read.
        with suppress(OSError):
            log.write(text.encode())
            log.flush()


def _end(command: "subprocess.Popen[bytes]") -> None:
    """End the session of a command: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(command.pid, number)
        with suppress(subprocess.TimeoutExpired):
            command.wait(ASKED_FOR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
