"""The verdicts by short names, and what known tools get wrong.

The tools are judged as of 2026, by their sources: Chaos Toolkit 1.45 (a hypothesis before and after the method; no
target is no error), krkn 5.2 (no data of a query counts as passed; krkn-lib adds the times of a pod's recovery up),
LitmusChaos 3.31 (no probe is 100 %; probes by default at the edges), OpenChaos (the first success ends an outage),
k6 and Locust (one percentile over the whole run; Locust in a closed loop and by two digits), Chaos Mesh (no verdict).
"""

from squall.claims.claim import Claim
from squall.record.event import Event
from squall.verdict import Cause, Verdict
from tests.vectors.building import Expected, Run, Vector

HELD, BROKEN, UNSURE = Verdict.HELD, Verdict.BROKEN, Verdict.INCONCLUSIVE
FEW, CLOSE = Cause.TOO_FEW_SAMPLES, Cause.TOO_CLOSE

BEFORE_AND_AFTER = "Chaos Toolkit: its hypothesis is asked before and after the method, and both are fine"
EDGE = "LitmusChaos: probes at the edges (SOT, EOT) see nothing of what lies between them"
FIRST_SUCCESS = "OpenChaos: its RTO ends with the first success inside of the outage"
WHOLE_RUN = "k6: a threshold over the whole run thins the window of the harm out"
CLOSED_LOOP = "Locust: users wait for answers, so an outage removes the samples that would have shown it"
NO_DATA = "krkn: a query that returns no data counts as passed"
NO_PROOF = "Chaos Toolkit: what was asked for is taken for what happened"
PODS_ONLY = "krkn: that pods are ready again is taken for recovery, whatever users see"
USERS_ONLY = "k6: users are fine, and that an instance is missing is not looked at"
ITS_OWN_UNDO = "LitmusChaos: its probe at the end of the test comes after its own clean-up, which it takes for healing"
POLLED = "Chaos Toolkit: a hypothesis asked each second takes the second in which it failed for the time"
NO_BOUND = "k6: a share is a number without a bound, and so is what was never sent"
DOUBLED = "krkn: its time to recover counts the rescheduling of a pod twice"
NOBODY_ASKED = "Chaos Mesh: it injects and gives no verdict, and who looks at pods alone calls it healed"
RETRIED = "a suite that is run again until it passes, for the machine may have been busy"
ANY_MACHINE = "k6: who took the processor is not recorded, so the system is blamed"


def one(
    name: str, run: Run, claim: Claim, expected: Expected, wrong: str, without: type[Event] | None = None
) -> Vector:
    """Return the vector of a run with a single claim."""
    return Vector(name, run, {"claim": (claim, expected)}, wrong, without=without)
