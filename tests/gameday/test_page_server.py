"""The page of a drill, as others may ask it: nothing by GET, nothing without a token, nothing from other pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from squall.errors import Misuse
from squall.gameday.page_server import serving
from tests.gameday.drills import DRILL, Table

CONDUCTOR = {"Authorization": "Bearer conductor's"}
RESPONDER = {"Authorization": "Bearer responder's"}


@pytest.fixture
def page(table: Table) -> Iterator[httpx.Client]:
    with table.served() as address, httpx.Client(base_url=address, trust_env=False) as client:
        yield client


def said(page: httpx.Client, what: str, headers: dict[str, str], **more: object) -> httpx.Response:
    return page.post("/say", json={"said": what, "who": "Ann", **more}, headers=headers)


def first_view(page: httpx.Client, headers: dict[str, str] | None = None) -> tuple[dict[str, Any], str]:
    with page.stream("GET", "/events", headers=headers or {}) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: ")), line
    raise AssertionError("no view came")


def test_a_conductor_says_go_and_anybody_who_takes_part_may_abort(page: httpx.Client, table: Table) -> None:
    assert said(page, "go", RESPONDER, number=1).status_code == 403
    assert said(page, "go", CONDUCTOR, number=1).status_code == 200
    assert table.board.answer() == ("go", "Ann")
    assert said(page, "go", CONDUCTOR, number=1).status_code == 409
    assert said(page, "abort", RESPONDER).status_code == 200
    assert table.interrupted == [True]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "conductor", "Basic conductor's", "Bearer conductor'"])
def test_without_a_token_nothing_is_done(token: str, page: httpx.Client, table: Table) -> None:
    assert said(page, "abort", {"Authorization": token}).status_code == 401
    assert not table.interrupted


@pytest.mark.parametrize("path", ["/say", "/say?said=abort", "/abort", "/go"])
def test_nothing_is_done_by_get(path: str, page: httpx.Client, table: Table) -> None:
    assert page.get(path, headers=CONDUCTOR).status_code in {404, 405}
    assert not table.interrupted


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_name_that_only_leads_here_is_refused(host: str, page: httpx.Client, table: Table) -> None:
    for answer in (
        page.get("/", headers={"Host": host}),
        page.get("/events", headers={**CONDUCTOR, "Host": host}),
        said(page, "abort", {**CONDUCTOR, "Host": host}),
    ):
        assert answer.status_code in {400, 421}
    assert not table.interrupted


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
def test_another_page_may_not_act_even_with_the_token(origin: str, page: httpx.Client, table: Table) -> None:
    assert said(page, "abort", {**CONDUCTOR, "Origin": origin}).status_code == 403
    assert not table.interrupted


def test_this_page_itself_may_also_through_a_tunnel_s_port(page: httpx.Client, table: Table) -> None:
    tunnel = {**CONDUCTOR, "Host": "localhost:9999", "Origin": "http://localhost:9999"}
    assert said(page, "abort", tunnel).status_code == 200
    assert table.interrupted == [True]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"said": "abort"}', "text/plain", 415),
        (b"said=abort", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b'{"said": "explode"}', "application/json", 400),
        (b'{"said": "abort", "more": 1}', "application/json", 400),
        (b'{"said": "note", "text": "' + b"a" * 9000 + b'"}', "application/json", 400),
        (b'{"said": "note", "text": " "}', "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
    ],
)
def test_what_is_not_understood_is_refused(
    content: bytes, kind: str, status: int, page: httpx.Client, table: Table
) -> None:
    answer = page.post("/say", content=content, headers={**CONDUCTOR, "Content-Type": kind})
    assert (answer.status_code, list(answer.json())) == (status, ["refused"])
    assert not table.interrupted


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css"])
def test_no_script_runs_but_the_page_s_own(path: str, page: httpx.Client) -> None:
    answer = page.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "onclick" not in answer.text
    assert "innerHTML" not in answer.text


def test_a_view_says_what_its_reader_may_do(page: httpx.Client) -> None:
    assert {"go", "abort"} <= set(first_view(page, CONDUCTOR)[0]["may"])
    assert "go" not in first_view(page, RESPONDER)[0]["may"]
    assert first_view(page)[0]["may"] == []
    assert first_view(page)[0]["drill"] == "A bad Tuesday", "all may look"


SECRET = ("Tuesday", "crash", "Crash", "rerank-api", "GO", "asked", "heals", "One ")


def test_a_hidden_drill_tells_responders_neither_what_nor_when(tmp_path: Path) -> None:
    table = Table(tmp_path, DRILL + "hidden: true\n")
    table.board.begin(1, "One crashes")
    table.board.ask()
    table.board.tell("rerank-api-1: process 4711 is gone")
    table.board.say("go", "Ann", number=1)
    table.board.say("noticed", "Bob", "we see errors")
    with table.served() as address, httpx.Client(base_url=address, trust_env=False) as page:
        for headers in (RESPONDER, {}):
            view, raw = first_view(page, headers)
            assert [name for name in SECRET if name in raw] == []
            assert (view["drill"], view["state"]) == ("Game day", "under way")
            assert [entry["text"] for entry in view["entries"]] == ["we see errors"]
        sources = "".join(page.get(path).text for path in ("/", "/page.js", "/page.css"))
        assert not any(name in sources for name in ("Tuesday", "rerank-api", "Crash"))
        assert first_view(page, CONDUCTOR)[0]["drill"] == "A bad Tuesday"
        assert table.folder.path.name.endswith("-drill"), "the folder's name says nothing either"
    table.board.breach("69.0% of users' requests succeeded")
    with table.served() as address, httpx.Client(base_url=address, trust_env=False) as page:
        assert "69.0" not in first_view(page, RESPONDER)[1]


def test_a_port_that_is_taken_is_one_line(table: Table) -> None:
    with table.served() as address:
        taken = address.removeprefix("http://").strip("/")
        with pytest.raises(Misuse, match="Address already in use; name another --listen"), serving(
            table.course, taken, (), print
        ):  # fmt: skip
            pass
    with pytest.raises(Misuse, match="write HOST:PORT"), serving(table.course, "8710", (), print):
        pass
