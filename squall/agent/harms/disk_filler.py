"""A process that takes space in a folder of a target, from within its control group and its file system.

The file has no name: whoever holds it open holds the space, and the kernel gives it back when nobody does. It is
handed to the agent, and this process ends.
"""

import os
import socket
import sys
from collections.abc import Sequence

from squall.agent.linux.helper_process import join

# As much as is taken in one call: in between it can be ended.
STEP = 64 << 20


def main(words: Sequence[str]) -> int:
    """Take the space and hand the file over.

    Words: the agent's pid, the group's folder, ``/proc``, the target's root, the folder in it, its device
    (``major:minor``), bytes, the number of a UNIX socket.
    """
    parent, group, proc, root, folder, device, size, number = words
    try:
        join(parent, group, proc)
        # What a link in the target leads to is then looked for in the target, and not where the agent is.
        os.chroot(root)
        os.chdir("/")
        file = _opened(folder, device)
        for offset in range(0, int(size), STEP):
            os.posix_fallocate(file, offset, min(STEP, int(size) - offset))
        with socket.socket(fileno=int(number)) as agent:
            socket.send_fds(agent, [b"."], [file])
    except OSError as error:
        sys.stdout.write(f"filling {folder}: {error.strerror}\n")
        return 1
    return 0


def _opened(folder: str, device: str) -> int:
    file = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    there = os.fstat(file).st_dev
    if f"{os.major(there)}:{os.minor(there)}" != device:
        raise OSError(0, f"it is not on the device {device}")
    return file
