"""What users saw: how long requests failed, which share succeeded, how slow they were."""

from squall.claims.failing_time import FailingTime
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.no_failure import NoFailure
from squall.claims.success_share import SuccessShare
from tests.vectors.building import GOOD, Part, Run, fails, slow
from tests.vectors.tools import (
    BEFORE_AND_AFTER,
    BROKEN,
    CLOSE,
    CLOSED_LOOP,
    DOUBLED,
    EDGE,
    FEW,
    FIRST_SUCCESS,
    HELD,
    ITS_OWN_UNDO,
    NO_BOUND,
    NO_DATA,
    PODS_ONLY,
    POLLED,
    UNSURE,
    WHOLE_RUN,
    one,
)

KEPT = "Locust: a user who is inside never sees that nobody else gets in"
# Nobody new gets in for 20 s; users come over connections of their own, or over those that they have.
INSIDE = [
    one("K2: users share one kept connection while nobody new gets in", Run(GOOD, GOOD, "kept", [fails(0, 20)]),
        SuccessShare(99, 30), FEW, KEPT),
    one("K2: users have ten kept connections while nobody new gets in", Run(GOOD, GOOD, "10", [fails(0, 20)]),
        FailingTime(5), FEW, KEPT),
    one("K2: users connect anew and do not get in", Run([fails(0, 20)], GOOD, "new", [fails(0, 20)]),
        SuccessShare(99, 30), BROKEN, KEPT),
    one("K2: users who keep their connections fail as well", Run([fails(0, 20)], GOOD, "kept", [fails(0, 20)]),
        SuccessShare(99, 30), BROKEN, KEPT),
    one("new connections are slow, and users keep theirs", Run(GOOD, GOOD, "kept", [slow(0, 20, 1.0)]),
        LatencyBelow(95, 30, 200), FEW, KEPT),
    one("probes of both lanes fail on their path, and users keep their connections",
        Run(GOOD, [fails(0, 20)], "kept"), SuccessShare(99, 30), HELD, KEPT),
    one("users keep their connections, and others get in", Run(GOOD, GOOD, "kept"), SuccessShare(99, 30), HELD, KEPT),
    one("users connect anew and are well while probes with a new connection fail",
        Run(GOOD, GOOD, "new", [fails(0, 20)]), SuccessShare(99, 30), HELD, KEPT),
]  # fmt: skip

OUTAGES = [
    one("no request fails, and none does", Run(), NoFailure(), HELD, DOUBLED),
    one("one request fails", Run([fails(10.0, 10.02)], GOOD), NoFailure(), BROKEN, BEFORE_AND_AFTER),
    one("a total outage within its limit", Run([fails(0, 3)]), FailingTime(5), HELD, DOUBLED),
    one("a total outage beyond its limit", Run([fails(0, 8)]), FailingTime(5), BROKEN, BEFORE_AND_AFTER),
    one("a total outage just beyond its limit", Run([fails(0, 5.3)]), FailingTime(5), BROKEN, FIRST_SUCCESS),
    one("an outage whose edge lies on its limit", Run([fails(0, 5.03)], rate=10, probe_rate=5), FailingTime(5), CLOSE,
        NO_BOUND),
    one("requests hang instead of failing", Run([Part(0, 8, "hangs")]), FailingTime(5), BROKEN, CLOSED_LOOP),
    one("a third of requests fails for long", Run([fails(0, 20, 3)]), FailingTime(5), BROKEN, FIRST_SUCCESS),
    one("one of ten fails for long", Run([fails(0, 30, 10)]), FailingTime(5), BROKEN, FIRST_SUCCESS),
    one("two outages that are short enough each", Run([fails(0, 3), fails(20, 23)]), FailingTime(5), BROKEN,
        FIRST_SUCCESS),
    one("the outage begins late", Run([fails(30, 40)]), FailingTime(5), BROKEN, EDGE),
    one("the outage is not over when the observation ends", Run([fails(40, 65)]), FailingTime(5), BROKEN, EDGE),
    one("8: users fail after squall's own clean-up alone", Run([fails(66, 69)]), FailingTime(1), HELD, ITS_OWN_UNDO),
    one("N1: half a percent fails always, one may", Run([fails(-15, 80, 200)], GOOD), FailingTime(5), HELD, POLLED),
    one("3a: half of what may have been an outage was never sent",
        Run([fails(0, 0.3), Part(0.3, 0.9, "dropped")]), FailingTime(0.5), UNSURE, NO_BOUND),
    one("5a: an outage that three samples a second can miss",
        Run(rate=3, probe_rate=1.5), FailingTime(0.1), UNSURE, NO_BOUND),
    one("K8: an outage of six seconds that none of three requests a second met", Run(rate=3, probe_rate=1.5),
        FailingTime(1), UNSURE, NO_BOUND),
    one("K7: a request fails as squall takes its proxy away", Run([fails(65.0, 65.01)]), NoFailure(), HELD,
        ITS_OWN_UNDO),
    one("24: what was under way at the onset fails", Run([Part(-1.5, 0.09, "hangs")]), FailingTime(10), HELD, POLLED),
]  # fmt: skip

SHARES = [
    one("the share is kept", Run([fails(0, 0.5)]), SuccessShare(99, 60), HELD, POLLED),
    one("the share is not kept", Run([fails(0, 3)]), SuccessShare(99, 60), BROKEN, WHOLE_RUN),
    one("the share is not kept in its window, and is over the whole run", Run([fails(0, 0.6)]), SuccessShare(99, 10),
        BROKEN, WHOLE_RUN),
    one("tie: exactly the allowed share fails, 200 of 1,000", Run([fails(0, 4)], GOOD), SuccessShare(80, 20), HELD,
        NO_BOUND),
    one("tie: exactly the allowed share fails, 1 of 1,000", Run([fails(10.0, 10.02)], GOOD), SuccessShare(99.9, 20),
        HELD, NO_BOUND),
    one("one more than the allowed share fails", Run([fails(0, 4.02)], GOOD), SuccessShare(80, 20), BROKEN, NO_BOUND),
    one("too few requests for a share", Run(rate=2), SuccessShare(99, 20), FEW, NO_DATA),
    one("as many were cut off as may fail", Run([Part(5, 5.4, "cut")], GOOD), SuccessShare(99.5, 20), CLOSE, NO_BOUND),
    one("U1: the instance that came back answers what is not good", Run([fails(8, 30, 3)], GOOD),
        SuccessShare(99, 60), BROKEN, PODS_ONLY),
]  # fmt: skip

LATENCIES = [
    one("a percentile is kept", Run(), LatencyBelow(95, 20, 200), HELD, DOUBLED),
    one("a percentile is not kept", Run([slow(0, 20, 0.9)]), LatencyBelow(95, 20, 200), BROKEN, WHOLE_RUN),
    one("few are slow", Run([slow(0, 20, 0.9, 50)]), LatencyBelow(95, 20, 200), HELD, POLLED),
    one("failures are no fast answers", Run([fails(0, 20, 5)]), LatencyBelow(95, 20, 200), BROKEN,
        "Locust: a refusal in a millisecond lowers the percentile"),
    one("a stall of three seconds", Run([slow(5, 8, 3.0)], GOOD), LatencyBelow(95, 20, 200), BROKEN, CLOSED_LOOP),
    one("a percentile that Locust rounds down to its limit", Run([slow(0, 20, 1.049)]), LatencyBelow(95, 20, 1045),
        BROKEN, "Locust: response times are rounded to two digits, 1049 ms reads as 1000 ms"),
    one("latency comes back", Run([slow(0, 12, 0.9)]), LatencyBack(95, 5, 200, 30), HELD, EDGE),
    one("2b: latency is bad from +11 to +60 s", Run([slow(11, 60, 0.9)]), LatencyBack(95, 5, 200, 30), BROKEN,
        FIRST_SUCCESS),
    one("latency never comes back", Run([slow(0, 80, 0.9)]), LatencyBack(95, 5, 200, 30), BROKEN, WHOLE_RUN),
    one("p1: the first percentile of 55 samples is not known to be above the limit", Run(),
        LatencyBelow(1, 1.1, 9.5), UNSURE, NO_BOUND),
    one("too few samples for a percentile", Run(rate=2), LatencyBelow(99, 10, 200), FEW, NO_BOUND),
]  # fmt: skip
