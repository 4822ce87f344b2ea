import asyncio

from specimen.cache import Answers, Lookup
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
