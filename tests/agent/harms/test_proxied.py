"""Harms by the proxy, in real network namespaces of this machine's kernel."""

import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import pytest

from squall.agent.harms.contract import AS_STATED, BY_OTHERS, TARGET_GONE
from squall.agent.harms.proxied import WATCH_CALLS, Proxied
from squall.agent.harms.redirects import Redirects
from squall.agent.proxy.behaviour import ERRORS, RESET, SILENT, SLOW
from squall.agent.wire import Message, Refused
from tests.agent.networks import PORT, Networks, joined, needs_networks, place, target_of
from tests.agent.running import eventually

pytestmark = [needs_networks, pytest.mark.slow]

HTTP = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("content-length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def do_POST(self):
        got = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200); self.send_header("content-length", str(len(got)))
        self.end_headers(); self.wfile.write(got)
    def log_message(self, *_): pass
ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Answers).serve_forever()
"""


@pytest.fixture
def networks() -> Iterator[Networks]:
    with joined() as networks:
        yield networks


@pytest.fixture
def echo(networks: Networks) -> Message:
    return networks.serve()


@pytest.fixture
def web(networks: Networks) -> Message:
    child = networks.start(networks.target, sys.executable, "-c", HTTP, str(PORT))
    networks.await_listening(networks.target, PORT)
    return target_of(child)


@contextmanager
def harmed(
    does: str, target: Message, gates: Redirects | None = None, **order: object
) -> Iterator[tuple[Any, Message]]:
    """Harm, and yield the harm and its effect; take it back in any case."""
    proxied = Proxied(does, gates or Redirects())
    harm = proxied.pin({"do": does, "seq": 1, "targets": [target], "lasts": 20, **order}, place())
    entry = harm.journal()
    try:
        yield harm, harm.do()["targets"][0]
    finally:
        proxied.undo(entry)
        with suppress(OSError):
            harm.close()


class Traffic:
    """Requests on one connection after the other, until the end of the block."""

    def __init__(self, networks: Networks, ask: bytes) -> None:
        self._networks, self._ask, self._on = networks, ask, True
        self.took: list[float] = []
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def wait_for(self, more: int) -> None:
        """Return when that many more were answered, or not."""
        wanted = len(self.took) + more
        eventually(lambda: len(self.took) >= wanted)

    def __exit__(self, *_: object) -> None:
        self._on = False
        self._thread.join()

    def _send(self) -> None:
        while self._on:
            began = time.monotonic()
            with suppress(OSError), self._networks.connect(2.0) as one:
                one.sendall(self._ask)
                one.recv(100)
            self.took.append(time.monotonic() - began)
            time.sleep(0.02)


def status(networks: Networks, ask: bytes = b"GET / HTTP/1.1\r\n\r\n") -> bytes:
    with networks.connect(3.0) as one:
        one.sendall(ask)
        return one.recv(100).split(b"\r\n")[0]


def said_back(one: socket.socket) -> float:
    """Return how long an echo takes (s)."""
    began = time.monotonic()
    one.sendall(b"x")
    assert one.recv(1) == b"x"
    return time.monotonic() - began


def round_trip(networks: Networks) -> float:
    with networks.connect(3.0) as one:
        return said_back(one)


def test_answers_are_slower_by_what_was_ordered_and_come_in_order(networks: Networks, echo: Message) -> None:
    with networks.connect() as established:
        with Traffic(networks, b"x"), harmed(SLOW, echo, delay=0.3) as (harm, effect):
            assert effect["proven"], effect
            assert "the quickest took 3" in effect["how"]
            # No delay would come to more in every one of them; a slow machine does not.
            assert 0.3 <= min(round_trip(networks) for _ in range(3)) < 0.6
            with pytest.raises(ConnectionResetError):
                established.recv(1)
            with networks.connect(3.0) as one:
                for number in range(200):
                    one.sendall(b"%03d" % number)
                got = b""
                while len(got) < 600:
                    got += one.recv(600)
                assert got == b"".join(b"%03d" % number for number in range(200))
            (end,) = harm.end()["targets"]
            assert end["ending"] == AS_STATED, end
        assert min(round_trip(networks) for _ in range(5)) < 0.3
        assert networks.ruleset() == ""


def test_jitter_stays_within_its_bounds(networks: Networks, echo: Message) -> None:
    with harmed(SLOW, echo, delay=0.1, jitter=0.05) as (_, effect):
        assert effect["proven"], effect
        took = [round_trip(networks) for _ in range(20)]
        assert min(took) >= 0.05
        assert max(took) - min(took) > 0.02


def test_without_traffic_the_agent_tries_itself(networks: Networks, echo: Message) -> None:
    with harmed(SLOW, echo, delay=0.2) as (_, effect):
        assert effect["proven"], effect
        took = re.search(r"nobody used it; a trial through the proxy got GET / HTTP/1.1 after (\d+) ms", effect["how"])
        assert took is not None, effect
        assert int(took[1]) >= 200


def test_a_share_of_requests_is_answered_by_errors(networks: Networks, web: Message) -> None:
    with harmed(ERRORS, web, share=0.25, status=500) as (harm, effect):
        assert effect["proven"], effect
        with networks.connect(2.0) as one:
            got = []
            for _ in range(40):
                one.sendall(b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello")
                answer = one.recv(1000)
                while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 5:
                    answer += one.recv(1000)
                got.append(answer[9:12])
        assert sorted(set(got)) == [b"200", b"500"]
        assert got.count(b"500") == 10
        (end,) = harm.end()["targets"]
        assert end["ending"] == AS_STATED, end
    assert status(networks) == b"HTTP/1.1 200 OK"


def test_where_no_http_is_spoken_no_error_can_be_answered(networks: Networks, echo: Message) -> None:
    with harmed(ERRORS, echo) as (_, effect):
        assert not effect["proven"]
        assert "speaks no HTTP/1.1" in effect["how"]
    with Traffic(networks, b"\x16\x03\x01\x00\x05hello"), harmed(ERRORS, echo) as (_, effect):
        assert not effect["proven"]
        assert "speak TLS" in effect["how"]
    assert networks.ruleset() == ""


def test_connections_are_reset_and_kept_waiting(networks: Networks, echo: Message) -> None:
    with harmed(RESET, echo) as (_, effect):
        assert effect["proven"], effect
        with networks.connect() as one:
            one.sendall(b"x")
            with pytest.raises(ConnectionResetError):
                one.recv(1)
    with harmed(SILENT, echo) as (harm, effect):
        assert effect["proven"], effect
        one = networks.connect()
        one.sendall(b"x")
        with pytest.raises(TimeoutError):
            one.recv(1)
        harm.end()
        with pytest.raises(ConnectionResetError):
            one.recv(1)
        one.close()
    assert networks.reached()


def test_for_new_connections_those_that_stand_go_on_as_they_were(networks: Networks, echo: Message) -> None:
    with networks.connect(1.0) as established, harmed(SLOW, echo, delay=0.2, established=False) as (_, effect):
        assert effect["proven"], effect
        # A delay would meet every one of them; a slow machine does not.
        assert min(said_back(established) for _ in range(5)) < 0.2
        assert round_trip(networks) >= 0.2


def test_a_proxy_that_nobody_used_has_counted_nobody(networks: Networks, web: Message) -> None:
    with harmed(WATCH_CALLS, web) as (counting, effect):
        assert "nobody used it; a trial through the proxy got HTTP/1.1 200 OK" in effect["how"]
        (end,) = counting.end()["targets"]
        assert end["how"].startswith("0 calls, none of them harmed"), end


def test_a_proxy_counts_and_a_harm_uses_it(networks: Networks, web: Message) -> None:
    gates = Redirects()
    with harmed(WATCH_CALLS, web, gates) as (counting, effect):
        assert effect["proven"], effect
        with Traffic(networks, b"GET / HTTP/1.1\r\n\r\n") as traffic:
            traffic.wait_for(30)
            with harmed(ERRORS, web, gates, seq=2) as (harm, hurt):
                assert hurt["proven"], hurt
                assert harm.journal()["sites"] == []
                traffic.wait_for(20)
                (end,) = harm.end()["targets"]
                assert "its redirect stays open" in end["how"]
            assert status(networks) == b"HTTP/1.1 200 OK"
        time.sleep(1.1)
        (seen,) = counting.seconds(0)["targets"]
        assert sum(second["calls"] for second in seen["seconds"]) > 40
        assert sum(second["failed"] for second in seen["seconds"]) > 10
        (end,) = counting.end()["targets"]
        assert end["ending"] == AS_STATED, end
    assert networks.ruleset() == ""


def test_who_ends_it_early_is_told(networks: Networks, echo: Message) -> None:
    with harmed(SLOW, echo, delay=0.1) as (harm, _):
        networks.nft("delete", "table", "inet", harm._sites[0].name)
        (end,) = harm.end()["targets"]
        assert (end["ending"], "was removed" in end["how"]) == (BY_OTHERS, True)
    with harmed(SLOW, echo, delay=0.1) as (harm, _):
        harm._sites[0]._redirect._process.kill()
        (end,) = harm.end()["targets"]
        assert (end["ending"], "proxy is gone" in end["how"]) == (BY_OTHERS, True)
    assert networks.reached()


def test_a_target_that_went_took_the_harm_with_it(networks: Networks, echo: Message) -> None:
    with harmed(SLOW, echo, delay=0.1) as (harm, _):
        networks.children[0].kill()
        networks.children[0].wait()
        (end,) = harm.end()["targets"]
        assert end["ending"] == TARGET_GONE


def test_where_others_lead_connections_elsewhere_it_is_refused(networks: Networks, echo: Message) -> None:
    networks.nft("add", "table", "ip", "mesh")
    networks.nft("add", "chain", "ip", "mesh", "pre", "{ type nat hook prerouting priority -100; }")
    with pytest.raises(Refused, match=r"led elsewhere by the table mesh"), harmed(SLOW, echo, delay=0.1):
        pass


def test_what_means_nothing_is_refused(networks: Networks, echo: Message) -> None:
    for order in ({"delay": 0}, {"delay": 0.1, "jitter": 0.2}):
        with pytest.raises(ValueError, match="a delay of"), harmed(SLOW, echo, **order):
            pass
    with pytest.raises(ValueError, match="a share of"), harmed(ERRORS, echo, share=0):
        pass
