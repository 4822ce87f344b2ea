import asyncio
import errno
import socket
import ssl

import pytest

from squall.probes.http import NotHttp
from squall.record.outcome import outcome


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(), "timeout"),
        (OSError(errno.ETIMEDOUT, ""), "timeout"),
        (OSError(errno.ECONNREFUSED, ""), "refused"),
        (OSError(errno.ECONNRESET, ""), "reset"),
        (OSError(errno.EPIPE, ""), "reset"),
        (OSError(errno.EHOSTUNREACH, ""), "unreachable"),
        (ssl.SSLCertVerificationError(1, ""), "tls"),
        (socket.gaierror(-2, ""), "dns"),
        (asyncio.IncompleteReadError(b"", 1), "closed"),
        (NotHttp(), "not http"),
        (OSError(errno.EADDRNOTAVAIL, ""), "dropped"),
        (OSError(errno.EMFILE, ""), "dropped"),
        (KeyError(), "KeyError"),
    ],
)
def test_each_failure_has_a_short_class(error: BaseException, expected: str) -> None:
    assert outcome(error) == expected
