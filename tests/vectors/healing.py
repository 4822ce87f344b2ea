"""What came back, by itself or after the end of the harm, for users and for instances."""

from squall.claims.calls_per_request import CallsPerRequest
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.no_failure import NoFailure
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.recovers_within import RecoversWithin
from squall.instances import Ended
from squall.record.event import (
    HarmEnded,
    HarmEnding,
)
from squall.record.plan import Objective
from squall.verdict import Cause
from tests.records import HARM, listed, replaced, shown
from tests.vectors.building import GOOD, Run, Vector, calls, fails
from tests.vectors.tools import (
    BEFORE_AND_AFTER,
    BROKEN,
    DOUBLED,
    EDGE,
    FIRST_SUCCESS,
    HELD,
    ITS_OWN_UNDO,
    NO_DATA,
    NO_PROOF,
    NOBODY_ASKED,
    PODS_ONLY,
    POLLED,
    USERS_ONLY,
    one,
)

HEALING = [
    one("a pod crashes, and another takes over", Run([fails(0, 2)]), HealsWithin("api", 30), HELD, DOUBLED),
    one("the pod comes back too late", Run([fails(0, 2)], shown=replaced(40)), HealsWithin("api", 30), BROKEN,
        USERS_ONLY),
    one("the pod never comes back", Run(shown=[listed(), shown(HARM + 1, "api-1", "unready")]), HealsWithin("api", 30),
        BROKEN, USERS_ONLY),
    one("the pod is back, and users still fail", Run([fails(0, 45)]), HealsWithin("api", 30), BROKEN, PODS_ONLY),
    one("R3: the cache keeps answers for eight seconds, then users fail", Run([fails(8, 30)]), HealsWithin("api", 10),
        BROKEN, FIRST_SUCCESS),
    one("R2: users fail for ever, and probes on another path are well", Run([fails(0, 80, 4)], GOOD),
        HealsWithin("api", 30), BROKEN, "LitmusChaos: a probe of a health path that is well stands for users"),
    one("probes fail for ever, and users are well", Run(GOOD, [fails(0, 80)]), HealsWithin("api", 30), BROKEN,
        USERS_ONLY),
    one("R18: the process dies again and again",
        Run(shown=[listed(), *(shown(HARM + 1.3 * n + (0.3 if state == "ready" else 0), "api-1", state, n + 1)
                               for n in range(1, 40) for state in ("unready", "ready"))]),
        HealsWithin("api", 10), BROKEN, "krkn: a pod that is ready once counts as recovered"),
    one("K1: what is back was never gone in the record, and one is missing until the clean-up",
        Run(shown=[listed(), shown(HARM + 1, "api-1", "gone"), shown(HARM + 66, "api-4", "ready")]),
        HealsWithin("api", 30), BROKEN, ITS_OWN_UNDO),
    one("it heals only by the clean-up", Run([fails(0, 66)], shown=replaced(66)), HealsWithin("api", 30), BROKEN,
        ITS_OWN_UNDO),
    one("the platform showed nothing", Run(shown=[]), HealsWithin("api", 30), Cause.GAUGE_MISSING, NO_DATA),
    one("users are well, then fail again for good", Run([fails(0, 3), fails(25, 80)]), HealsWithin("api", 30), BROKEN,
        FIRST_SUCCESS),
    one("readiness notices in time", Run(), NoticedByReadiness(5), HELD, NOBODY_ASKED),
    one("readiness notices too late", Run(shown=replaced(30, 12)), NoticedByReadiness(5), BROKEN, NOBODY_ASKED),
    one("readiness never notices", Run(shown=[listed()]), NoticedByReadiness(5), BROKEN, NOBODY_ASKED),
    one("each request makes one call of the cache", Run(shown=[*replaced(), *calls(150)]),
        CallsPerRequest("redis", 1.5),
        HELD, "Chaos Mesh: a retry storm at a dependency is not looked at"),
    one("each request makes three calls of the cache while it is away", Run(shown=[*replaced(), *calls(450)]),
        CallsPerRequest("redis", 1.5), BROKEN, "Chaos Mesh: a retry storm at a dependency is not looked at"),
    one("calls were not counted", Run(), CallsPerRequest("redis", 1.5), Cause.GAUGE_MISSING, NO_DATA),
]  # fmt: skip

ENDS = [
    one("it recovers after the end of the harm", Run([fails(0, 21)], lasts=20), RecoversWithin("api", 10), HELD, EDGE),
    one("it does not recover after the end of the harm", Run([fails(0, 50)], lasts=20), RecoversWithin("api", 10),
        BROKEN, PODS_ONLY),
    one("23: it fails only later after the end of the harm", Run([fails(27, 60)], lasts=20),
        RecoversWithin("api", 10), BROKEN, FIRST_SUCCESS),
    one("someone else ended the harm",
        Run(more=[HarmEnding(HARM + 20, "Freeze"), HarmEnded(HARM + 5, "api-1", Ended.BY_OTHERS, "it ran", HARM + 5,
                                                             HARM + 5)]), RecoversWithin("api", 10),
        Cause.ENDED_EARLY, NO_PROOF),
    Vector("nothing fails, and it is not steady after the clean-up", Run([fails(66, 80)]),
           {"claim": (NoFailure(), HELD)}, ITS_OWN_UNDO, again=BROKEN),
    Vector("S2: users fail at the very end", Run([fails(72, 80, 2)], GOOD), {"claim": (FailingTime(5), HELD)},
           BEFORE_AND_AFTER, again=BROKEN),
]  # fmt: skip

STRICT = Objective(99.9, 95.0, 200.0)
OBJECTIVES = [
    one("what a loose objective calls healed", Run([fails(5, 60, 200)], GOOD), HealsWithin("api", 30), HELD, POLLED),
    one("what a strict objective calls not healed", Run([fails(5, 65, 50)], objective=STRICT), HealsWithin("api", 30),
        BROKEN, "k6: a threshold of the run, not of the system, says what is good"),
]  # fmt: skip
