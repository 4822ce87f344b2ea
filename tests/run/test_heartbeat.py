"""The stolen time of this machine's processors, from the text that the kernel writes and from the kernel."""

import pytest

from squall.run.heartbeat import Processors

STAT = "cpu  1000 20 300 4000 50 6 7 617 90 10\ncpu0 500 10 150 2000 25 3 3 308 45 5\nintr 1\n"


def test_a_guests_time_is_not_counted_twice() -> None:
    assert Processors.parsed(STAT, 100) == Processors(stolen=6.17, counted=60.0)


@pytest.mark.parametrize("text", ["", "cpu  1000 20 300 4000\n"])
def test_a_kernel_that_counts_none_says_nothing(text: str) -> None:
    assert Processors.parsed(text, 100) is None


def test_this_machine_counts_on() -> None:
    before, after = Processors.read(), Processors.read()
    assert before is not None
    assert after is not None
    assert 0 <= before.stolen <= after.stolen <= after.counted
    assert before.counted <= after.counted
