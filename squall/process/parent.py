"""The harness as its own processes see it: who speaks to it, who hears that the end is wanted. See ``child``.

Standard library only.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from squall.process.message import MISUSE, What


class Parent:
    """The harness as a child sees it. Takes standard output for itself: what others print goes to standard error."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)

    def say(self, kind: str, what: What) -> None:
        """Tell the harness; if it is gone, that shows at standard input."""
        with suppress(BrokenPipeError):
            os.write(self._out, json.dumps({"kind": kind, **what}).encode() + b"\n")

    def refuse(self, text: str) -> NoReturn:
        """Say in one line what is wrong with what was given, and end."""
        self.say(MISUSE, {"text": text})
        sys.exit(4)


def end_requests() -> int:
    """Catch the signals that ask this process to end, and return a file descriptor that is readable once one came."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return read
