"""Cases in which squall was wrong once, as records: what users saw, and what is true of it."""

from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.latency_back import LatencyBack
from squall.claims.no_failure import NoFailure
from squall.claims.recovers_within import RecoversWithin
from tests.records import HARM, listed, shown
from tests.vectors.building import GOOD, Part, Run, Vector, fails, slow
from tests.vectors.tools import (
    BEFORE_AND_AFTER,
    BROKEN,
    CLOSE,
    EDGE,
    FIRST_SUCCESS,
    HELD,
    ITS_OWN_UNDO,
    NO_BOUND,
    PODS_ONLY,
    POLLED,
    one,
)

LOOP = [listed(), shown(HARM + 1, "api-1", "unready")]
for turn in range(8):
    LOOP += [shown(HARM + 1.5 + 1.7 * turn, "api-1", "ready", turn + 2)]
    LOOP += [shown(HARM + 2.8 + 1.7 * turn, "api-1", "unready", turn + 2)]
LOOP += [shown(HARM + 16, "api-1", "ready", 20)]

CASES = [
    one("2b: latency is bad from the eleventh second on", Run([slow(11, 60, 0.9)]), LatencyBack(95, 5, 200, 30), BROKEN,
        FIRST_SUCCESS),
    one("23: users fail from seven seconds after the end of the harm", Run([fails(27, 60)], lasts=20),
        RecoversWithin("api", 10), BROKEN, FIRST_SUCCESS),
    one("R3: users are answered from a cache for a while, then fail until the harm ends", Run([fails(8, 30)], lasts=30),
        HealsWithin("api", 10), BROKEN, FIRST_SUCCESS),
    one("R18: a process dies again and again after each start", Run([fails(0, 1)], shown=LOOP),
        HealsWithin("api", 10), BROKEN, PODS_ONLY),
    one("5a: three samples a second may miss a third of one", Run(rate=3, probe_rate=1.5), FailingTime(0.1), CLOSE,
        NO_BOUND),
    one("K8: sparse users could not have seen six seconds of one in ten", Run(rate=3), FailingTime(6), CLOSE, NO_BOUND),
    one("3a: what follows an outage was dropped", Run([fails(0, 0.3), Part(0.3, 0.9, "dropped")], rate=100),
        FailingTime(0.5), CLOSE, NO_BOUND),
    one("N1: one of 200 requests fails all the time, and the objective allows two", Run([fails(-15, 80, 200)]),
        FailingTime(5), HELD, POLLED),
    Vector("8: users fail for three seconds after the clean-up", Run([fails(66, 69)]),
           {"share": (NoFailure(), HELD), "time": (FailingTime(1), HELD)}, ITS_OWN_UNDO, again=HELD),
    Vector("S2: most of the last requests fail while probes are well", Run([fails(70, 80, 2)], GOOD),
           {"claim": (NoFailure(), HELD)}, BEFORE_AND_AFTER, again=BROKEN),
    one("a relapse within the limit's observation", Run([fails(0, 2), fails(33, 36)]), HealsWithin("api", 30), BROKEN,
        EDGE),
]  # fmt: skip
