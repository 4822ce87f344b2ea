"""How a request ended: what a good answer is, for load and prober alike, and one short word for all else.

Own troubles of the generator are ``dropped``: the system never saw it.
"""

import errno
import socket
import ssl
from http import HTTPStatus
from http.client import HTTPException

from squall.record.samples import DROPPED

TIMEOUT = "timeout"
CLOSED = "closed"
# An answer came, and whoever asked knows that it should be another.
WRONG = "wrong answer"
# A task of a locustfile that raised, or asked nothing: what follows says where.
TASK_FAILED = "task failed"

# The generator ran out of something of its own: files, ports, buffers, memory.
_OWN = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})
_CLASSES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, TIMEOUT),
    (ConnectionRefusedError, "refused"),
    (ConnectionResetError, "reset"),
    (ConnectionAbortedError, "reset"),
    (BrokenPipeError, "reset"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (EOFError, CLOSED),
    (HTTPException, "not http"),
)


def outcome(error: BaseException) -> str:
    """Return the class of what went wrong: timeout, refused, reset, closed, dropped, ..."""
    if isinstance(error, OSError) and error.errno in _OWN:
        return DROPPED
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return "unreachable"
    return next((name for kind, name in _CLASSES if isinstance(error, kind)), type(error).__name__)


def answered(status: int) -> str:
    """Return what is wrong with an answer that came whole; empty for a good one: 2xx, or 304.

    A redirect is none: it leads elsewhere, and who is led to a page that says sorry is not served.
    """
    return "" if 200 <= status < 300 or status == HTTPStatus.NOT_MODIFIED else f"http {status}"
