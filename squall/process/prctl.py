"""What Linux does for a process family (``prctl``): an end with the parent, and children for a parent's orphans.

To be called between fork and exec, or before other threads start. The agent has its own in ``agent/linux``.
"""

import ctypes
import signal

# From <linux/prctl.h>.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_prctl = ctypes.CDLL(None).prctl


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Have this process sent a signal when the thread that started it ends."""
    _prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def adopt_orphans() -> None:
    """Make descendants whose parent ends the children of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
