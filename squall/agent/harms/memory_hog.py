"""A process that takes memory within a target's control group until that has none left, and is not chosen itself."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from squall.agent.linux.helper_process import join
from squall.agent.linux.oom_scores import FILE, LATER, NEVER

STEP = 4 << 20


def main(words: Sequence[str]) -> int:
    """Be spared, join, fill; then wait to be ended. Words: the agent's pid, the group's folder, ``/proc``, bytes."""
    parent, folder, proc, most = words
    try:
        _spare()
        join(parent, folder, proc)
    except OSError as error:
        sys.stdout.write(f"joining {folder}: {error.strerror}\n")
        return 1
    # bytearray writes its zeros: each page is there, and charged to the group.
    taken = [bytearray(STEP) for _ in range(int(most) // STEP)]
    while taken:
        time.sleep(1)
    return 0


def _spare() -> None:
    """Keep the kernel from choosing this process: by never, or else as late as it allows."""
    for value in (NEVER, LATER):
        # Below what it has ever been takes CAP_SYS_RESOURCE; 0 is enough against a main process that has 1000.
        with suppress(PermissionError):
            Path("/proc/self", FILE).write_text(str(value))
            return
    raise PermissionError(0, f"{FILE} of the process that fills cannot be lowered to {LATER}")
