import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from squall.clock import SYSTEM
from squall.errors import HarnessFailed
from squall.platforms.kubernetes.api.watch import SILENT, Watch, WatchedChange
from tests.platforms.api_server import answers, line, lists, streams, thing
from tests.platforms.conftest import Served


@dataclass
class Seen:
    watch: Watch
    changes: "queue.Queue[WatchedChange]" = field(default_factory=queue.Queue)
    away: "queue.Queue[float]" = field(default_factory=queue.Queue)

    def next(self) -> tuple[str, str]:
        change = self.changes.get(timeout=5)
        return change.kind, str(change.object["metadata"]["name"])


@pytest.fixture
def seen(served: Served) -> Iterator[Seen]:
    changes: queue.Queue[WatchedChange] = queue.Queue()
    away: queue.Queue[float] = queue.Queue()
    watch = Watch(served.api, "/api/v1/namespaces/n/pods", SYSTEM, changes.put, away.put)
    yield Seen(watch, changes, away)
    if watch._error is None:
        watch.stop()


def versions(served: Served) -> list[str | None]:
    return [query.get("resourceVersion", [None])[0] for _, query in served.script.asked]


def test_it_lists_and_goes_on_from_there(served: Served, seen: Seen) -> None:
    served.script.then(lists("5", thing("a", "4")), streams(line("ADDED", thing("b", "6"))))
    assert [item["metadata"]["name"] for item in seen.watch.begin()] == ["a"]
    seen.watch.follow()
    assert seen.next() == ("ADDED", "b")
    assert served.script.asked[1][1]["allowWatchBookmarks"] == ["true"]
    assert versions(served)[1] == "5"


def test_each_line_is_stamped_when_its_end_arrives(served: Served, seen: Seen) -> None:
    first, second = line("ADDED", thing("a", "6")), line("ADDED", thing("b", "7"))
    pause = threading.Event()

    def reply(handler: object) -> None:
        handler.begin()  # type: ignore[attr-defined]
        handler.chunk(first + second[:20])  # type: ignore[attr-defined]
        pause.wait(60)
        handler.chunk(second[20:])  # type: ignore[attr-defined]
        served.script.released.wait(5)

    served.script.then(lists("5"), reply)
    seen.watch.begin()
    seen.watch.follow()
    # Told before the next line is whole, for which the server waits longer than this.
    one = seen.changes.get(timeout=30)
    released = time.monotonic()
    pause.set()
    two = seen.changes.get(timeout=30)
    assert one.t < released < two.t


def test_a_bookmark_moves_it_on_and_is_not_told(served: Served, seen: Seen) -> None:
    bookmark = line("BOOKMARK", {"metadata": {"resourceVersion": "9"}})
    served.script.then(lists("5"), streams(bookmark), streams(line("ADDED", thing("a", "10"))))
    seen.watch.begin()
    seen.watch.follow()
    assert seen.next() == ("ADDED", "a")
    assert versions(served)[2] == "9"


def test_a_dropped_connection_goes_on_where_it_was(served: Served, seen: Seen) -> None:
    torn = line("ADDED", thing("b", "7"))[:-9]
    served.script.then(
        lists("5"),
        streams(line("ADDED", thing("a", "6")), torn, drop=True),
        streams(line("ADDED", thing("b", "7"))),
    )
    began = time.monotonic()
    seen.watch.begin()
    seen.watch.follow()
    assert [seen.next(), seen.next()] == [("ADDED", "a"), ("ADDED", "b")]
    assert versions(served)[2] == "6"
    assert 0 <= seen.away.get(timeout=5) <= time.monotonic() - began


def test_a_line_of_nonsense_is_asked_for_again(served: Served, seen: Seen) -> None:
    served.script.then(lists("5"), streams(b"{]\n"), streams(line("DELETED", thing("a", "6"))))
    seen.watch.begin()
    seen.watch.follow()
    assert seen.next() == ("DELETED", "a")
    assert versions(served)[2] == "5"


GONE = {"code": 410, "message": "too old resource version"}


@pytest.mark.parametrize("how", [streams(line("ERROR", GONE)), answers(GONE, 410)])
def test_after_410_the_difference_alone_is_told(served: Served, seen: Seen, how: object) -> None:
    served.script.then(
        lists("5", thing("same", "1"), thing("changed", "2"), thing("gone", "3")),
        how,  # type: ignore[arg-type]
        lists("50", thing("same", "1"), thing("changed", "40"), thing("new", "41")),
        streams(line("MODIFIED", thing("new", "51"))),
    )
    seen.watch.begin()
    seen.watch.follow()
    told = [seen.next() for _ in range(4)]
    assert told == [("DELETED", "gone"), ("MODIFIED", "changed"), ("ADDED", "new"), ("MODIFIED", "new")]
    assert versions(served)[3] == "50"


def test_a_server_that_is_away_for_a_while_is_waited_for(served: Served, seen: Seen) -> None:
    broken = answers({"message": "shutting down"}, 503)
    served.script.then(lists("5"), broken, broken, broken, streams(line("ADDED", thing("a", "6"))))
    began = time.monotonic()
    seen.watch.begin()
    seen.watch.follow()
    assert seen.next() == ("ADDED", "a")
    assert 0.1 < seen.away.get(timeout=5) <= time.monotonic() - began


def test_a_refusal_ends_it_and_is_noticed(served: Served, seen: Seen) -> None:
    failed: queue.Queue[Exception] = queue.Queue()
    seen.watch.failed = failed.put
    served.script.then(lists("5"), answers({"message": "pods is forbidden"}, 403))
    seen.watch.begin()
    seen.watch.follow()
    assert "pods is forbidden" in str(failed.get(timeout=5))
    with pytest.raises(HarnessFailed, match="pods is forbidden"):
        seen.watch.stop()


def test_an_error_in_what_it_tells_is_noticed(served: Served, seen: Seen) -> None:
    failed: queue.Queue[Exception] = queue.Queue()
    seen.watch.failed = failed.put
    served.script.then(lists("5"), streams(line("ADDED", {"metadata": {"resourceVersion": "1"}})))
    seen.watch.begin()
    seen.watch.follow()
    assert isinstance(failed.get(timeout=5), KeyError)
    with pytest.raises(HarnessFailed):
        seen.watch.stop()


def test_it_stops_at_once_while_the_server_is_silent(served: Served, seen: Seen) -> None:
    served.script.then(lists("5"))
    seen.watch.begin()
    seen.watch.follow()
    while len(served.script.asked) < 2:
        time.sleep(0.01)
    began = time.monotonic()
    seen.watch.stop()
    # Not when the silence is taken for a dropped connection.
    assert time.monotonic() - began < SILENT / 2
