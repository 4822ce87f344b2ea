"""The page of a drill in a real browser: go and abort by click, two browsers at once, one that lost its connection."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gameday.chromium import PATIENCE, browser, page_of
from tests.gameday.drills import DRILL, Table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


def said(table: Table) -> list[tuple[str, str, str]]:
    return [(each.kind, each.who, each.text) for each in table.board.entries if each.who != "squall"]


def until(page: Any, text: str) -> None:
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=text)


def test_go_by_click(chromium: Any, table: Table) -> None:
    table.course.follower = seen(table)
    with table.served() as address:
        page = page_of(chromium, address, table.tokens.conductor)
        page.fill("#who", "Ann")
        page.click("#go")
        until(page, "Ann GO")
        assert table.board.answer() == ("go", "Ann")
        assert not page.is_visible("#go")
        assert "token" not in page.url, "the address that is shown can be passed on"


def test_abort_by_one_click_from_whoever_takes_part(chromium: Any, table: Table) -> None:
    with table.served() as address:
        page = page_of(chromium, address, table.tokens.responder)
        page.fill("#who", "Bob")
        page.fill("#text", "customers call")
        page.click("#abort")
        until(page, "Being undone: aborted by Bob: customers call")
    assert table.interrupted == [True]
    assert said(table) == [("abort", "Bob", "customers call")]


def test_two_browsers_see_one_another_and_the_second_go_is_refused(chromium: Any, table: Table) -> None:
    table.course.follower = seen(table)
    with table.served() as address:
        ann, bob = (page_of(chromium, address, table.tokens.conductor) for _ in range(2))
        ann.fill("#who", "Ann")
        bob.fill("#who", "Bob")
        bob.wait_for_selector("#go:visible")
        # Bob's page is as it was: what he clicks was true a moment ago.
        bob.evaluate("show = () => {}")
        ann.click("#go")
        until(ann, "Ann GO")
        bob.evaluate("say('go')")
        until(bob, "refused: nobody waits for it (GO by Ann)")
        bob.evaluate("say('note', 'I see it too')")
        until(ann, "Bob: I see it too")
    assert table.board.answer() == ("go", "Ann")


def test_a_page_that_lost_its_connection_says_so_and_finds_back(chromium: Any, table: Table) -> None:
    table.course.follower = seen(table)
    with table.served() as address:
        page = page_of(chromium, address, table.tokens.conductor)
        page.wait_for_selector("#go:visible")
    page.evaluate("heard = 1; connection()")
    assert page.is_visible("#lost")
    assert page.is_disabled("#go"), "what it shows is old: nobody lets a harm begin by it"
    page.click("#abort")
    until(page, "ABORT was not carried out: the drill was not reached. At the drill's machine: squall abort")
    assert not table.interrupted
    with table.served(int(address.rpartition(":")[2].strip("/"))):
        page.wait_for_selector("#lost", state="hidden", timeout=PATIENCE)
        page.click("#abort")
        until(page, "Being undone")
    assert table.interrupted == [True]


def test_what_people_type_is_text_and_nothing_else(chromium: Any, table: Table) -> None:
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    with table.served() as address:
        page = page_of(chromium, address, table.tokens.responder)
        page.fill("#who", "<b>Eve</b>")
        page.fill("#text", hostile)
        page.click("#note")
        until(page, "<b>Eve</b>")
        assert hostile in page.inner_text("#entries")
        assert page.query_selector("#entries img, #entries script, #entries b") is None
        assert page.title() == "A bad Tuesday"


def test_who_has_no_token_only_looks(chromium: Any, table: Table) -> None:
    with table.served() as address:
        page = page_of(chromium, address, "")
        until(page, "A bad Tuesday")
        assert not page.is_visible("#abort")
        assert not page.is_visible("#speak")
        page.evaluate("say('abort')")
        until(page, "this needs the token of the drill")
    assert not table.interrupted


def test_a_hidden_drill_s_page_names_nothing_to_responders(chromium: Any, tmp_path: Path) -> None:
    table = Table(tmp_path, DRILL + "hidden: true\n")
    table.board.begin(1, "One crashes")
    table.course.follower = seen(table)
    with table.served() as address:
        page = page_of(chromium, address, table.tokens.responder)
        page.fill("#who", "Bob")
        page.click("#noticed")
        until(page, "Bob noticed it")
        content = page.content() + page.title()
        assert [name for name in ("Tuesday", "crash", "rerank-api", "One ") if name in content] == []
        assert page.title() == "Game day"


def seen(table: Table) -> Any:
    """Return a follower of a run that is under way, as far as the page asks it."""
    from squall.gameday.follower import ClaimState, RunState
    from squall.report.live import Moment

    class Seen:
        state = RunState(
            "One crashes", "1 of rerank-api crash", "leave", Moment("waiting for GO", None, 50.0, 99.5, 23.0), None,
            (ClaimState("heals by itself within 30s"), ClaimState("at least 99% succeed", "HELD")), ["rerank-api-1"],
        )  # fmt: skip

    return Seen()
