"""Waiting for what is looked at again and again: the one loop that sleeps between looks. Time is an argument.

Not for the agent (standard library only), the prober and the load process, which start without tenacity.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from tenacity import Future, RetryCallState, Retrying, retry_if_exception_type, retry_if_result

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, SquallError

Seen = TypeVar("Seen")
Failures = tuple[type[Exception], ...]
# The pause (s) after the so many-th look, counted from 1.
Pauses = Callable[[int], float]

# How long between two looks (s), unless a caller says otherwise.
EVERY = 0.1


def poll(
    look: Callable[[], Seen],
    *,
    within: float,
    every: float | Pauses = EVERY,
    clock: Clock = SYSTEM,
    done: Callable[[Seen], bool] = bool,
    passing: Failures = (),
    undone: Callable[[Seen], object] | None = None,
) -> Seen:
    """Look every so many seconds; return the first look that is ``done``, or else the last one, at the deadline.

    ``every`` may be pauses that grow (``growing``).

    ``passing`` are errors that mean "not yet"; one that is still raised at the deadline is raised to the caller.
    ``undone`` hears of each look that is not done, for instance to tell the user what is being waited for.
    """
    deadline = clock.now() + within
    return Retrying(
        retry=retry_if_result(lambda seen: not done(seen)) | retry_if_exception_type(passing),
        # tenacity's own stop_after_delay reads the real clock, and would spin on a virtual one.
        stop=lambda _: clock.now() >= deadline,
        # The last look is at the deadline itself.
        wait=lambda state: max(0.0, min(_pause(every, state.attempt_number), deadline - clock.now())),
        sleep=clock.sleep,
        before_sleep=_hearing(undone),
        retry_error_callback=_last,
    )(look)


def until(
    doing: str,
    look: Callable[[], Seen],
    *,
    within: float,
    every: float = EVERY,
    clock: Clock = SYSTEM,
    done: Callable[[Seen], bool] = bool,
    passing: Failures = (),
    undone: Callable[[Seen], object] | None = None,
    state: Callable[[Seen], object] = str,
    error: type[SquallError] = HarnessFailed,
) -> Seen:
    """Poll, and return the first look that is ``done``.

    Raises:
        error: there was none, as "doing what to whom: not within 20 s: the state at the last look".
    """
    try:
        seen = poll(look, within=within, every=every, clock=clock, done=done, passing=passing, undone=undone)
    except passing as failure:
        raise error(f"{doing}: not within {within:g} s: {failure}") from failure
    if not done(seen):
        raise error(f"{doing}: not within {within:g} s: {state(seen)}")
    return seen


def growing(first: float, longest: float) -> Pauses:
    """Return pauses that double from the first on: for what is asked less the longer it does not answer."""
    return lambda look: min(longest, first * 2.0 ** min(look - 1, 32))


def _pause(every: float | Pauses, look: int) -> float:
    return every if isinstance(every, float | int) else every(look)


def _hearing(undone: Callable[[Seen], object] | None) -> Callable[[RetryCallState], None]:
    def hear(state: RetryCallState) -> None:
        if undone is not None and state.outcome is not None and not state.outcome.failed:
            undone(state.outcome.result())

    return hear


def _last(state: RetryCallState) -> Any:
    return cast("Future", state.outcome).result()
