import asyncio
import json
import socket
from typing import cast

import pytest

from squall.probes.http import Answer, Connection, Endpoint, NotHttp, parse_head
from tests.load.server import Server

OK = b"HTTP/1.1 200 OK\r\nX-Instance: pod-1\r\n"


class Writer:
    """Takes what is written; nothing answers."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


def ask(answer: bytes) -> Answer:
    async def get() -> Answer:
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        reader.feed_eof()
        return await Connection(reader, cast("asyncio.StreamWriter", Writer())).get(b"GET")

    return asyncio.run(get())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", Answer(200, "pod-1", keep=True)),
        (OK + b"Content-Length: 2\r\nConnection: Close\r\n\r\nok", Answer(200, "pod-1", keep=False)),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nT: x\r\n\r\n", Answer(200, "pod-1", keep=True)),
        (OK + b"\r\nuntil the end", Answer(200, "pod-1", keep=False)),
        (b"HTTP/1.1 204 No\r\n\r\n", Answer(204, "", keep=True)),
        (b"HTTP/1.1 204 No\r\nContent-Encoding: gzip\r\n\r\n", Answer(204, "", keep=True)),
        (b"HTTP/1.1 304 No\r\nContent-Encoding: gzip\r\n\r\n", Answer(304, "", keep=True)),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", Answer(200, "pod-1", keep=True)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Answer(200, "", keep=False)),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", Answer(503, "", keep=True)),
    ],
)
def test_whole_answers(answer: bytes, expected: Answer) -> None:
    assert ask(answer) == expected


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", OK + b"Content-Length: 5\r\n\r\nok",
     OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nok", OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"],
)  # fmt: skip
def test_an_answer_that_is_cut_off_is_none(answer: bytes) -> None:
    with pytest.raises(EOFError):
        ask(answer)


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", OK + b"Content-Length: x\r\n\r\n", b"x" * 200_000,
     OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_not_http_is_told(answer: bytes) -> None:
    with pytest.raises(NotHttp):
        ask(answer)


def test_names_of_fields_have_no_case() -> None:
    assert parse_head(b"HTTP/1.1 200 OK\r\nX-INSTANCE:  a \r\n\r\n") == (200, {"x-instance": "a"})


def test_the_request_names_host_path_and_prober() -> None:
    endpoint = asyncio.run(Endpoint.of("http://user@127.0.0.1:8080/a?b=1"))
    assert (endpoint.addresses, endpoint.port) == (("127.0.0.1",), 8080)
    head = endpoint.request(keep=True)
    assert head.startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: squall-prober\r\n")
    assert b"Connection: close" not in head
    assert b"Connection: close" in endpoint.request(keep=False)


def test_a_name_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(socket.gaierror):
        asyncio.run(Endpoint.of("http://nowhere.invalid/"))


def test_a_real_server_answers_twice_over_one_connection() -> None:
    async def twice(url: str) -> list[Answer]:
        endpoint = await Endpoint.of(url)
        connection = await Connection.open(endpoint)
        answers = [await connection.get(endpoint.request(keep=True)) for _ in range(2)]
        assert not connection.broken
        connection.drop()
        assert connection.broken
        return answers

    with Server() as server:
        server.chunked = True
        assert asyncio.run(twice(server.url)) == [Answer(200, str(server.port), keep=True)] * 2
        assert server.connections == 1
    assert json.dumps(server.seen) == '{"/": 2}'


def test_a_request_names_the_run() -> None:
    endpoint = asyncio.run(Endpoint.of("http://127.0.0.1:8080/a", "run-1"))
    assert b"\r\nX-Squall-Run: run-1\r\n" in endpoint.request(keep=True)
    assert endpoint.request(keep=False).endswith(b"X-Squall-Run: run-1\r\nConnection: close\r\n\r\n")
    assert b"X-Squall" not in asyncio.run(Endpoint.of("http://127.0.0.1:8080/a")).request(keep=True)
