"""What must answer soon, asked of a server that answers in several ways."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from squall.errors import HarnessFailed
from squall.platforms.http import JsonClient, page, status
from squall.testing.platform import VirtualClock

WITHIN = 20.0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    accepted: str | None = None

    def do_GET(self) -> None:
        if self.path == "/cut":
            self.close_connection = True
            return
        if self.path == "/moved":
            self.send_response(301)
            self.send_header("Location", "/json")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        type(self).accepted = self.headers["Accept"]
        body = b'{"open": 3}' if self.path == "/json" else b"up 1\n"
        self.send_response(503 if self.path == "/busy" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def base() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_status_is_that_of_the_answer_itself(base: str) -> None:
    assert [status(base + path, WITHIN) for path in ("/json", "/busy", "/moved")] == ["200", "503", "301"]


def test_what_is_no_answer_says_in_few_words_what_went_wrong(base: str) -> None:
    assert "disconnected" in status(base + "/cut", WITHIN)
    assert status("http://127.0.0.1:1/", WITHIN) == "connection refused"


def test_no_proxy_of_the_environment_is_asked(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert status(base + "/json", WITHIN) == "200"


def test_a_page_is_asked_for_as_prometheus_does(base: str) -> None:
    assert page(base + "/metrics", WITHIN) == "up 1\n"
    assert Handler.accepted == "text/plain; version=0.0.4"
    with pytest.raises(HarnessFailed, match=r"asking http://127.0.0.1:\d+/busy: status 503"):
        page(base + "/busy", WITHIN)


def test_a_page_that_is_not_whole_in_time_is_none(base: str) -> None:
    class Late(VirtualClock):
        def now(self) -> float:
            self.sleep(2 * WITHIN)
            return super().now()

    with pytest.raises(HarnessFailed, match="/metrics: no end in time, after 5 bytes"):
        page(base + "/metrics", WITHIN, clock=Late())


def test_a_kept_connection_answers_again_after_it_was_cut(base: str) -> None:
    client = JsonClient(base, WITHIN)
    try:
        assert client.get("/json") == {"open": 3}
        with pytest.raises(HarnessFailed, match="/cut"):
            client.get("/cut")
        assert client.get("/json") == {"open": 3}
        with pytest.raises(HarnessFailed, match="/metrics: "):
            client.get("/metrics")
    finally:
        client.close()
