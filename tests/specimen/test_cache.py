import asyncio

import pytest

from specimen.cache import FAILURES, Answers, Lookup, closed_connections
from tests.specimen.doubles import KeptInMemory, Watch


def look(answers: Answers, key: str = "q") -> tuple[Lookup, bytes | None]:
    return asyncio.run(answers.find(key))


def test_what_is_kept_is_found(store: KeptInMemory, watch: Watch) -> None:
    answers = Answers(store, 1.0, watch)
    assert look(answers) == (Lookup.MISS, None)
    asyncio.run(answers.keep("q", b"answer"))
    assert look(answers) == (Lookup.HIT, b"answer")


def test_a_store_that_failed_is_left_alone_for_a_while(store: KeptInMemory, watch: Watch) -> None:
    answers = Answers(store, 1.0, watch)
    store.broken = True
    assert look(answers) == (Lookup.OFF, None)
    asyncio.run(answers.keep("q", b"answer"))
    assert look(answers) == (Lookup.OFF, None)
    assert store.calls == 1
    watch.now += 1.0
    store.broken = False
    assert look(answers) == (Lookup.MISS, None)


def test_a_store_that_cannot_keep_does_no_harm(store: KeptInMemory, watch: Watch) -> None:
    answers = Answers(store, 1.0, watch)
    store.broken = True
    asyncio.run(answers.keep("q", b"answer"))
    assert look(answers) == (Lookup.OFF, None)


def test_a_connection_that_was_reset_is_a_failure_and_another_mistake_is_not() -> None:
    with pytest.raises(FAILURES, match="the handler is closed"), closed_connections():
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")
    with pytest.raises(RuntimeError, match="something else"), closed_connections():
        raise RuntimeError("something else")
