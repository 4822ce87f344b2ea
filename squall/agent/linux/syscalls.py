"""Calls of Linux that Python 3.11 does not have: joining namespaces, and dying with one's parent."""

import ctypes
import errno
import os
import signal

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET, linux/sched.h
_NEW_GROUPS = 0x02000000  # CLONE_NEWCGROUP
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def join_network(namespace: int) -> None:
    """Move this thread into the network namespace of an open file. Raises OSError."""
    _checked(_LIBC.setns(namespace, _NEW_NETWORK))


def join_groups(namespace: int) -> None:
    """Move this thread into the cgroup namespace of an open file. Raises OSError."""
    _checked(_LIBC.setns(namespace, _NEW_GROUPS))


def die_with(parent: int) -> None:
    """Have this process killed when the thread that started it ends. Raises OSError if ``parent`` is gone already."""
    _checked(_LIBC.prctl(_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0))
    if os.getppid() != parent:
        raise ProcessLookupError(f"process {parent} is gone")


def is_gone(error: OSError) -> bool:
    """Whether an error says that a process, or a control group, is gone; any other leaves open whether it is."""
    return error.errno in {errno.ENOENT, errno.ESRCH, errno.ENODEV}


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
