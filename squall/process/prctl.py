"""What Linux does for a process by ``prctl``: an end with its parent, its descendants' orphans, its memory kept.

To be called between fork and exec, or before other threads start. The agent has its own in ``agent/linux``.
"""

import ctypes
import resource
import signal

# From <linux/prctl.h>.
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
_prctl = ctypes.CDLL(None).prctl


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Have this process sent a signal when the thread that started it ends."""
    _prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def keep_memory_private() -> None:
    """Let neither a core dump nor another process of this user show what this process holds, such as passwords."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans() -> None:
    """Make descendants whose parent ends the children of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
