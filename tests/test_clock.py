import pytest

from squall.clock import SYSTEM, Heartbeat, jump


def beats(*steps: tuple[float, float, float]) -> list[Heartbeat]:
    """Heartbeats with these advances of the three clocks between them."""
    found = [Heartbeat(100.0, 200.0, 1_700_000_000.0)]
    for monotonic, boottime, realtime in steps:
        last = found[-1]
        found.append(Heartbeat(last.monotonic + monotonic, last.boottime + boottime, last.realtime + realtime))
    return found


def test_clocks_that_go_together_did_not_jump() -> None:
    assert jump(beats(*[(1.0, 1.0, 1.0005)] * 5)) is None
    assert jump(beats((4.9, 4.9, 4.9))) is None
    assert jump([]) is None
    assert jump(beats()) is None


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ((1.0, 31.0, 31.0), "the machine was suspended for 30.0 s"),
        ((1.0, 1.0, 3.0), "the wall clock was stepped by +2.0 s"),
        ((1.0, 1.0, -1.0), "the wall clock was stepped by -2.0 s"),
        ((9.0, 9.0, 9.0), "the harness stood still for 9.0 s"),
    ],
)
def test_each_jump_has_its_name(step: tuple[float, float, float], expected: str) -> None:
    assert jump(beats((1.0, 1.0, 1.0), step, (1.0, 1.0, 1.0))) == expected


def test_the_three_clocks_are_read_together() -> None:
    one, other = Heartbeat.read(), Heartbeat.read()
    assert jump([one, other]) is None
    assert one.monotonic <= SYSTEM.now()
