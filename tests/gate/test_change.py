"""A difference counts beyond the bounds of both sides and the noise of the baseline, and not before."""

import math
from random import Random

import pytest

from squall.gate.baseline import Baseline, kept
from squall.gate.change import ChangeKind, FigureChange, changes, noise_band
from squall.gate.student import two_sided, within
from squall.interval import Interval
from squall.verdict import Cause, Side
from tests.gate.evidence import BROKEN, CLAIM, HELD, INCONCLUSIVE, run


def of(*figures: tuple[float, float], side: Side | None = Side.AT_MOST, **more: float) -> Baseline:
    made = (run(HELD, figure=Interval(*one), name=f"run-{i}", side=side, **more) for i, one in enumerate(figures))  # type: ignore[arg-type]
    return Baseline(tuple(kept(each) for each in made))


def change(before: Baseline, now: Baseline) -> FigureChange:
    (found,) = changes(before, now)
    return found


STEADY = of((1.0, 1.2), (1.1, 1.3), (0.9, 1.1), (1.0, 1.2), (1.1, 1.3))


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        ((1.0, 1.2), ChangeKind.SAME),
        ((1.4, 1.6), ChangeKind.SAME),
        ((3.0, 3.2), ChangeKind.WORSE),
        ((1.0, 9.0), ChangeKind.SAME),
    ],
)
def test_a_difference_counts_beyond_bounds_and_noise(now: tuple[float, float], kind: ChangeKind) -> None:
    assert change(STEADY, of(now)).kind is kind


def test_the_side_says_what_is_worse() -> None:
    assert (
        change(of((99, 99), (98.9, 99.1), (99, 99), side=Side.AT_LEAST), of((80, 81), side=Side.AT_LEAST)).kind
        is ChangeKind.WORSE
    )
    assert (
        change(of((9, 9), (9, 9.1), (9, 9), side=Side.AT_LEAST), of((90, 91), side=Side.AT_LEAST)).kind
        is ChangeKind.BETTER
    )
    assert change(of((9, 9), (9, 9.1), (9, 9)), of((1, 2))).kind is ChangeKind.BETTER


def test_without_a_side_a_change_is_only_named() -> None:
    assert change(of((9, 9), (9, 9.1), (9, 9)), of((90, 91), side=None)).kind is ChangeKind.CHANGED


@pytest.mark.parametrize("count", [1, 2])
def test_from_too_few_runs_no_noise_is_known_and_nothing_counts(count: int) -> None:
    found = change(of(*[(1.0, 1.1)] * count), of((50.0, 51.0)))
    assert (found.kind, found.noise, found.change) == (ChangeKind.UNKNOWN, None, None)
    assert "its noise is known from 3 on" in found.reason


def test_other_circumstances_are_not_compared() -> None:
    found = change(STEADY, of((1.0, 1.2), rate=80.0))
    assert (found.kind, found.reason) == (
        ChangeKind.UNKNOWN, "the load is not the same: 50 requests/s; 80 requests/s"
    )  # fmt: skip


def test_what_the_baseline_has_not_is_named() -> None:
    found = change(Baseline(()), of((1.0, 1.2)))
    assert (found.kind, found.reason) == (ChangeKind.UNKNOWN, "the baseline has no run of it")


def test_a_promise_that_always_held_and_broke_got_worse() -> None:
    now = Baseline((kept(run(BROKEN, figure=Interval(1.0, 1.2))),))
    assert [(each.kind, each.claim) for each in changes(STEADY, now)] == [
        (ChangeKind.WORSE, "all that is claimed"), (ChangeKind.SAME, CLAIM)
    ]  # fmt: skip
    sometimes = Baseline((*STEADY.runs, kept(run(BROKEN, name="once"))))
    assert [each.kind for each in changes(sometimes, now)] == [ChangeKind.SAME]


def test_what_never_ended_is_worse_than_what_did() -> None:
    assert change(STEADY, of((60.0, math.inf))).kind is ChangeKind.WORSE
    assert change(of((1, 2), (1, 2), (60.0, math.inf)), of((1.0, 2.0))).kind is ChangeKind.UNKNOWN


def test_a_figure_that_says_nothing_of_the_system_is_not_kept() -> None:
    assert kept(run(INCONCLUSIVE)).figures  # too close to call: the figure is right
    voided = run(HELD)
    voided.judgement.findings[0] = voided.judgement.findings[0].voided(Cause.MACHINE_SLOW, "stolen")  # type: ignore[index]
    assert not kept(voided).figures


def test_what_got_less_steady_widens_the_band() -> None:
    calm = [Interval.exact(value) for value in (1.0, 1.1, 0.9)]
    wild = [Interval.exact(value) for value in (1.0, 5.0, 9.0)]
    narrow, wide = noise_band(calm, calm, 0.99), noise_band(calm, wild, 0.99)
    assert narrow is not None
    assert wide is not None
    assert wide > 10 * narrow


# From tables of Student's distribution.
@pytest.mark.parametrize(
    ("level", "freedom", "t"),
    [(0.95, 1, 12.706), (0.95, 2, 4.303), (0.99, 3, 5.841), (0.99, 10, 3.169), (0.95, 30, 2.042), (0.999, 7, 5.408)],
)
def test_students_t_is_that_of_the_tables(level: float, freedom: int, t: float) -> None:
    assert two_sided(level, freedom) == pytest.approx(t, abs=5e-4)
    assert within(two_sided(level, freedom), freedom) == pytest.approx(level)


@pytest.mark.parametrize(("level", "freedom"), [(0.0, 3), (1.0, 3), (0.9, 0)])
def test_a_t_of_nothing_is_refused(level: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        two_sided(level, freedom)


def test_chance_alone_seldom_counts_and_a_real_change_mostly_does() -> None:
    random = Random(7)

    def drawn(count: int, shift: float = 0.0) -> Baseline:
        return of(*((value, value) for value in (abs(random.gauss(10 + shift, 1)) for _ in range(count))))

    wrong = sum(change(drawn(5), drawn(1)).kind is not ChangeKind.SAME for _ in range(600))
    assert wrong <= 18  # 6 are expected at 1 %; more than 18 come once in ten thousand times
    # At 99 % a single run has to be 3.4 standard deviations away from ten: 6 away, it is 99 times in 100.
    found = sum(change(drawn(10), drawn(1, shift=6)).kind is ChangeKind.WORSE for _ in range(200))
    assert found >= 190
