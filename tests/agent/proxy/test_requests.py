"""Where requests begin and end, whatever the pieces that they arrive in."""

import pytest

from squall.agent.proxy.requests import Requests, answer

GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_every_byte_comes_out_once_and_each_request_has_one_beginning_and_one_end(size: int) -> None:
    stream, requests = GET + POST + CHUNKED + GET, Requests()
    pieces = [piece for at in range(0, len(stream), size) for piece in requests.cut(stream[at : at + size])]
    assert b"".join(piece.data for piece in pieces) == stream
    assert [piece.method for piece in pieces if piece.first] == [b"GET", b"POST", b"PUT", b"GET"]
    assert sum(piece.last for piece in pieces) == 4
    assert not requests.opaque


@pytest.mark.parametrize(
    "data",
    [
        b"*1\r\n$4\r\nPING\r\n",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"\x16\x03\x01\x00",
        b"hello",
        b"GETS x\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\nxyz",
        b"POST / HTTP/1.1\r\ncontent-length: many\r\n\r\nxyz",
    ],
)
def test_what_is_no_plain_request_is_given_back_whole(data: bytes) -> None:
    requests = Requests()
    assert list(requests.cut(data)) == []
    assert requests.opaque
    assert requests.left() == data


def test_an_answer_is_whole_and_one_to_head_has_no_body() -> None:
    head, body = answer(503, b"GET").split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert f"content-length: {len(body)}".encode() in head
    assert answer(500, b"HEAD").endswith(b"content-length: 0\r\n\r\n")
