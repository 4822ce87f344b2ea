"""Sentences about the load: how many users come, and how."""

import re
from collections.abc import Sequence
from itertools import pairwise

from squall.record.arrivals import Stage
from squall.steps.parts import ArrivalRate, RandomArrivals, UserKinds
from squall.steps.rows import Row, RowProblem
from squall.steps.sentence import sentence
from squall.units import per_second, percent, seconds

_KIND = re.compile(r'"([^"]+)" (\S+%)')
_WHOLE = 100.0


@sentence("given", "{rate:Rate} requests per second arrive")
def requests_per_second_arrive(rate: float) -> ArrivalRate:
    """Send requests on an open-loop schedule, whether or not the system answers."""
    return ArrivalRate(_some(rate))


@sentence(
    "given", "{usual:Rate} requests per second arrive, ramping to {end:Rate} over {time:Duration} from the harm on"
)
def requests_ramp(usual: float, end: float, time: str) -> ArrivalRate:
    """Let the rate change evenly from the moment of the harm on, and stay where it comes to."""
    if (over := seconds(time)) <= 0:
        raise ValueError("a ramp takes time; write how long, or requests that arrive in steps")
    return ArrivalRate(_some(usual), (Stage(over, usual, _some(end)),))


@sentence(
    "given",
    "{usual:Rate} requests per second arrive, with a spike to {peak:Rate} for {time:Duration}, "
    "{after:Duration} after the harm",
)
def requests_spike(usual: float, peak: float, time: str, after: str) -> ArrivalRate:
    """Let the rate rise at once some time after the harm, and fall back as suddenly."""
    if _some(peak) <= _some(usual):
        raise ValueError(f"a spike to {peak:g} does not rise above {usual:g}; write a higher rate")
    if (lasts := seconds(time)) <= 0:
        raise ValueError("a spike lasts for some time; write how long")
    before = (Stage(wait, usual, usual),) if (wait := seconds(after)) else ()
    return ArrivalRate(usual, (*before, Stage(lasts, peak, peak), Stage(0.0, usual, usual)))


@sentence("given", "{usual:Rate} requests per second arrive, changing in steps after the harm", table=("10s", "100/s"))
def requests_in_steps(usual: float, rows: Sequence[Row]) -> ArrivalRate:
    """Let the rate change at once so long after the harm, to so many per second, in each row; the last one stays."""
    steps = [_step(row) for row in rows]
    for row, ((before, _), (after, _)) in zip(rows[1:], pairwise(steps), strict=True):
        if after <= before:
            raise RowProblem(
                row, f"this step comes at {after:g}s, and the one above it at {before:g}s; put them in order"
            )
    begins = [*((0.0, _some(usual)) for moment, _ in steps[:1] if moment > 0), *steps]
    ends = [moment for moment, _ in begins[1:]] + [begins[-1][0]]
    return ArrivalRate(usual, tuple(Stage(end - at, rate, rate) for (at, rate), end in zip(begins, ends, strict=True)))


@sentence("given", "requests arrive at random")
def requests_arrive_at_random() -> RandomArrivals:
    """Let users come independently of one another (a Poisson process), by the run's seed; not at even distances."""
    return RandomArrivals()


@sentence("given", "{count:Count} users wait for each answer and {pause:Duration} after it")
def users_wait_for_each_answer(count: int, pause: str) -> ArrivalRate:
    """Send requests in a closed loop: latency under overload is understated, for who waits does not ask."""
    if count < 1:
        raise ValueError("no user would come; write 1 user or more")
    if (after := seconds(pause)) <= 0:
        raise ValueError("users who make no pause ask as fast as they are answered; write a pause above 0s")
    return ArrivalRate(count / after, users=count, pause=after)


@sentence("given", "users are of the kinds {kinds:Kinds}")
def users_are_of_kinds(kinds: str) -> UserKinds:
    """Say which share of the arrivals each class of users of the locustfile is."""
    shares = [(name, percent(share)) for name, share in _KIND.findall(kinds)]
    if len(dict(shares)) < len(shares):
        raise ValueError("duplicate kind of users; write each once")
    if any(share <= 0 for _, share in shares) or abs(sum(share for _, share in shares) - _WHOLE) > 1e-6:
        raise ValueError(f"the shares are above 0% and come to 100%, not {sum(share for _, share in shares):g}%")
    return UserKinds(dict(shares))


def _step(row: Row) -> tuple[float, float]:
    time, rate = row.cells
    try:
        return seconds(time), per_second(rate)
    except ValueError as error:
        raise RowProblem(row, str(error)) from error


def _some(rate: float) -> float:
    if not 0 < rate < float("inf"):
        raise ValueError("no request would arrive; write a rate above 0")
    return rate
