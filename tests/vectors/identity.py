"""Whom a fault harmed and whom a claim looks at are joined by incarnation; a zero that nothing showed is none."""

from collections.abc import Sequence

from squall.claims.heals_within import HealsWithin
from squall.claims.recovers_within import RecoversWithin
from squall.instances import Impact
from squall.record.event import Event
from squall.verdict import Cause
from tests.records import HARM, listed, replaced, shown
from tests.vectors.building import GOOD, Run, effect, fails
from tests.vectors.tools import BROKEN, HELD, ITS_OWN_UNDO, NO_PROOF, PODS_ONLY, USERS_ONLY, one

STANDING: Sequence[Event] = [listed()]
NODE = [effect("node squall-worker", True, "api-1/1", "other/1")]
DEPLOYMENT, SERVICE = [effect("deployment shop/api")], [effect("service shop/api")]
PODS = [effect("deployment shop/api", True, "api-1/1", "api-2/1", "api-3/1")]
# By turns, one pod after the other, with one more than there are to be meanwhile.
TURNS = [listed(), *(shown(HARM + 3 * n, f"api-{n}", state, n + 1) for n in range(1, 4) for state in ("gone", "ready"))]
HALF = TURNS[:3]

IDENTITY = [
    one("K1: the evicted pod finds no place until the clean-up frees the node",
        Run(shown=[listed(), shown(HARM + 1, "api-1", "gone"), shown(HARM + 66, "api-4", "ready")], evidence=NODE),
        HealsWithin("api", 30), BROKEN, ITS_OWN_UNDO),
    one("K1: the evicted pod is replaced elsewhere",
        Run(shown=[listed(), shown(HARM + 1, "api-1", "gone"), shown(HARM + 5, "api-4", "ready")], evidence=NODE),
        HealsWithin("api", 30), HELD, USERS_ONLY),
    one("a frozen node's pod stays ready by the platform's word, and nobody takes its place",
        Run(shown=STANDING, evidence=NODE), HealsWithin("api", 30), BROKEN, USERS_ONLY),
    one("a node is cordoned, and nothing on it is harmed",
        Run(shown=STANDING, evidence=[effect("node squall-worker")], impact=Impact.NOBODY), HealsWithin("api", 30),
        Cause.NO_EFFECT, NO_PROOF),
    one("a service is scaled up, and nothing of it is harmed",
        Run(shown=STANDING, evidence=DEPLOYMENT, impact=Impact.REPLICAS, lasts=20), RecoversWithin("api", 30),
        Cause.NO_EFFECT, NO_PROOF),
    one("a service is scaled down, and is as it was after the end",
        Run(shown=[listed(), *(shown(HARM + 1, f"api-{n}", "gone") for n in (2, 3)),
                   *(shown(HARM + 24, f"api-{n}", "ready", 2) for n in (2, 3))],
            evidence=DEPLOYMENT, impact=Impact.REPLICAS, lasts=20), RecoversWithin("api", 10), HELD, USERS_ONLY),
    one("a service is scaled down, and one pod does not come back",
        Run(shown=[listed(), *(shown(HARM + 1, f"api-{n}", "gone") for n in (2, 3)),
                   shown(HARM + 24, "api-2", "ready", 2)],
            evidence=DEPLOYMENT, impact=Impact.REPLICAS, lasts=20), RecoversWithin("api", 10), BROKEN, USERS_ONLY),
    one("a selector matches nobody, and nobody who asks comes through it",
        Run(shown=STANDING, evidence=SERVICE, impact=Impact.CALLS, lasts=20), RecoversWithin("api", 10),
        Cause.NO_EFFECT, NO_PROOF),
    one("a selector matches nobody, and users come in again after its end",
        Run([fails(0, 22)], shown=STANDING, evidence=SERVICE, impact=Impact.CALLS, lasts=20),
        RecoversWithin("api", 10), HELD, PODS_ONLY),
    one("a release breaks users and is rolled back",
        Run([fails(0, 20)], shown=STANDING, evidence=[effect("api-9")], impact=Impact.CALLS),
        HealsWithin("api", 30), HELD, PODS_ONLY),
    one("a release breaks users and stays",
        Run([fails(0, 66)], shown=STANDING, evidence=[effect("api-9")], impact=Impact.CALLS),
        HealsWithin("api", 30), BROKEN, PODS_ONLY),
    one("a secret is rotated, and all pods are of the new one in time", Run(shown=TURNS, evidence=PODS),
        HealsWithin("api", 30), HELD, USERS_ONLY),
    one("a secret is rotated, and a pod of the old one is left", Run(shown=HALF, evidence=PODS),
        HealsWithin("api", 30), BROKEN, USERS_ONLY),
    one("an instance answers errors, users are led elsewhere, and it stays what it is",
        Run([fails(0, 3, 3)], shown=STANDING, impact=Impact.CALLS), HealsWithin("api", 30), HELD, PODS_ONLY),
    one("an instance answers errors to users all the time, and it stays ready",
        Run([fails(0, 65, 3)], shown=STANDING, impact=Impact.CALLS), HealsWithin("api", 30), BROKEN, PODS_ONLY),
    one("the API server hangs, and users fail until after its end",
        Run([fails(0, 45)], shown=STANDING, evidence=[effect("the API server")], impact=Impact.CALLS, lasts=20),
        RecoversWithin("api", 10), BROKEN, PODS_ONLY),
    one("the API server hangs, and users fail for a moment after its end",
        Run([fails(0, 23)], GOOD, shown=STANDING, evidence=[effect("the API server")], impact=Impact.CALLS, lasts=20),
        RecoversWithin("api", 10), HELD, PODS_ONLY),
    one("a pod of the same name as the harmed one is not the harmed one",
        Run(shown=replaced(4), evidence=[effect("node squall-worker", True, "api-1/1")]), HealsWithin("api", 30), HELD,
        USERS_ONLY),
]  # fmt: skip
