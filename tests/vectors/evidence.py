"""What the record has of the run itself: its proof, its wholeness, its machine."""

from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.latency_below import LatencyBelow
from squall.claims.no_failure import NoFailure
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.success_share import SuccessShare
from squall.instances import Ended
from squall.record.event import (
    Beat,
    ChangedByOthers,
    Event,
    HarmEffect,
    HarmEnded,
    HarmEnding,
    HarmSent,
    LoadStarted,
    ProberStarted,
    RunVoided,
    SteadyFound,
)
from squall.verdict import Cause
from tests.records import HARM, replaced
from tests.vectors.building import GOOD, Part, Run, effect, fails, slow
from tests.vectors.tools import (
    ANY_MACHINE,
    BEFORE_AND_AFTER,
    BROKEN,
    CLOSED_LOOP,
    DOUBLED,
    EDGE,
    HELD,
    NO_BOUND,
    NO_DATA,
    NO_PROOF,
    NOBODY_ASKED,
    RETRIED,
    one,
)

STEADY = SteadyFound(HARM - 1, "squall", HARM - 11, HARM - 1)


def met(*calls: int) -> list[Event]:
    """A fault in the way of calls ends, at targets of which each met so many."""
    ends = [HarmEnded(HARM + 9, f"api-{number}", Ended.AS_STATED, "ended", HARM + 9, HARM + 9, 0, count)
            for number, count in enumerate(calls, start=1)]  # fmt: skip
    return [HarmEnding(HARM + 9, "AnswersErrors"), *ends]


EVIDENCE = [
    one("the harm had no effect", Run(more=[effect("api-2", proven=False)]), NoFailure(), Cause.NO_EFFECT, NO_PROOF),
    one("9c: three targets were planned, and two have an effect", Run(more=[effect("api-2")], targets=3),
        NoFailure(), Cause.INCOMPLETE, "krkn: how many pods were killed is not held against how many should be"),
    one("a target was planned that no harm was sent to",
        Run(more=[HarmSent(HARM, "Crash", ("api-1",)), effect("api-2")], targets=2), NoFailure(), Cause.INCOMPLETE,
        "Chaos Toolkit: a quantity that is too large is cut down without a word"),
    one("10: the load started at a tenth of its rate",
        Run(more=[LoadStarted(HARM - 15, "load", HARM - 15, 5.0)]), NoFailure(), Cause.INCOMPLETE, CLOSED_LOOP),
    one("5b: a hole of four seconds in both logs", Run([Part(2, 6, "absent")]), FailingTime(1), Cause.INCOMPLETE,
        NO_DATA),
    one("a hole in the log of the load alone", Run([Part(2, 6, "absent")], GOOD), FailingTime(1), Cause.INCOMPLETE,
        NO_DATA),
    one("the load ends at the harm", Run([Part(0, 80, "absent")], GOOD), FailingTime(1), Cause.INCOMPLETE, NO_DATA),
    one("the load's log is thin without a hole", Run([Part(-15, 80, "dropped", 10)], GOOD), SuccessShare(99, 60),
        Cause.LOAD_SHORT, NO_BOUND),
    one("13: the record ends three seconds after the harm", Run(end=3), FailingTime(30), Cause.INCOMPLETE, EDGE),
    one("no heartbeats", Run(), NoFailure(), Cause.INCOMPLETE, ANY_MACHINE, without=Beat),
    one("no schedule of the probes", Run(), NoFailure(), Cause.INCOMPLETE, NO_DATA, without=ProberStarted),
    one("no effect in the record", Run(), NoFailure(), Cause.HARNESS_ERROR, NO_PROOF, without=HarmEffect),
    one("K4: someone else changed the system", Run(more=[ChangedByOthers(HARM + 9, "squall", "api was 3 and is 6")]),
        NoFailure(), Cause.CHANGED_BY_OTHERS, "krkn: pods that others make are taken for the recovered ones"),
    one("nobody was there to be harmed", Run(more=[RunVoided(HARM, "squall", Cause.NO_TARGET, "none is ready")]),
        NoFailure(), Cause.NO_TARGET, "Chaos Toolkit: a selector that matches nothing is a success"),
    one("S1: a third of users hang before the harm, and would have been seen after the window",
        Run([Part(-15, 80, "hangs", 3)], GOOD, more=[STEADY]), SuccessShare(50, 60), Cause.NOT_STEADY,
        "k6: the part before the harm is not judged by itself"),
    one("R2c: a quarter of users waits a second, always", Run([slow(-15, 80, 1.0, 4)], GOOD, more=[STEADY]),
        HealsWithin("api", 30), Cause.NOT_STEADY, "LitmusChaos: a probe at the start that is well stands for users"),
    one("T1: answers errors, and nobody asks", Run(more=met(0, 0)), NoFailure(), Cause.NO_EFFECT,
        "Chaos Mesh: what was injected counts, whether anybody came across it or not"),
    one("one of two proxies meets calls", Run(more=met(0, 12)), NoFailure(), HELD, DOUBLED),
    one("T2: users ask two instances, and the third is harmed", Run(answering=["api-2", "api-3"]), FailingTime(5),
        Cause.NO_EFFECT, "Chaos Mesh: what was injected counts, whether anybody came across it or not"),
    one("users ask all three instances, and one is harmed", Run(answering=["api-1", "api-2", "api-3"]), FailingTime(5),
        HELD, DOUBLED),
    one("users ask the ingress, which is not what is harmed", Run(answering=["ingress-1"]), FailingTime(5), HELD,
        DOUBLED),
    one("users ask two instances, the third is harmed, and users fail",
        Run([fails(1, 11)], answering=["api-2", "api-3"]), FailingTime(5), BROKEN, BEFORE_AND_AFTER),
    one("T2: whether readiness notices does not hang on users", Run(answering=["api-2", "api-3"]),
        NoticedByReadiness(5), HELD, NOBODY_ASKED),
    one("the steady window is good with the whole record, too", Run(more=[STEADY]), NoFailure(), HELD, DOUBLED),
    one("the prober was kept from sending in time", Run(GOOD, [Part(-15, 80, "late", 1, 0.3)]), NoFailure(),
        Cause.PROBER_LATE, ANY_MACHINE),
    one("the load was kept from sending in time", Run([Part(-15, 80, "late", 1, 0.15)], GOOD), SuccessShare(99, 60),
        Cause.LOAD_SHORT, "Locust: what was sent late is measured from when it was sent"),
    one("the wall clock was stepped", Run(more=[Beat(HARM + 9.5, "squall", HARM + 9.5, HARM + 39.5)]), NoFailure(),
        Cause.CLOCK_JUMP, "krkn: times are taken from the wall clock"),
    one("the run was cut off", Run(more=[RunVoided(HARM + 9, "squall", Cause.ABORTED, "interrupted")]), NoFailure(),
        Cause.ABORTED, "krkn: a run that was interrupted reports what it had until then"),
    one("it was not steady before", Run(more=[RunVoided(HARM, "squall", Cause.NOT_STEADY, "95%")]), NoFailure(),
        Cause.NOT_STEADY, "Chaos Mesh: nothing is asked before the injection"),
]  # fmt: skip

MACHINE = [
    one("users fail while the host takes the processor", Run([fails(1, 11)], stolen=(0, 12)), FailingTime(5),
        Cause.MACHINE_SLOW, ANY_MACHINE),
    one("users fail, and the host takes the processor at another time", Run([fails(1, 11)], stolen=(30, 40)),
        FailingTime(5), BROKEN, RETRIED),
    one("users fail for longer than the host takes the processor", Run([fails(1, 16)], stolen=(0, 6)), FailingTime(5),
        BROKEN, RETRIED),
    one("the host takes the processor, and all is well", Run(stolen=(-10, 60)), FailingTime(5), HELD,
        RETRIED),
    one("instances come back late while the host takes the processor", Run(shown=replaced(34), stolen=(5, 20)),
        HealsWithin("api", 30), Cause.MACHINE_SLOW, ANY_MACHINE),
    one("instances come back far too late on a machine that was taken away for a moment",
        Run(shown=replaced(50), stolen=(5, 8)), HealsWithin("api", 30), BROKEN, RETRIED),
    one("users are slow while the host takes the processor", Run([slow(1, 11, 0.9)], stolen=(0, 12)),
        LatencyBelow(95, 20, 200), Cause.MACHINE_SLOW, ANY_MACHINE),
    one("users fail while a neighbour in the guest uses half of the processors",
        Run([fails(1, 11)], crowded=(0, 12)), FailingTime(5), Cause.MACHINE_SLOW, ANY_MACHINE),
    one("users are slow while a neighbour uses half of the processors", Run([slow(1, 11, 0.9)], crowded=(0, 12)),
        LatencyBelow(95, 20, 200), Cause.MACHINE_SLOW, ANY_MACHINE),
    one("users fail while a neighbour uses what nobody else wants", Run([fails(1, 11)], crowded=(0, 12), waiting=0.02),
        FailingTime(5), BROKEN, ANY_MACHINE),
    one("users fail for longer than a neighbour is there", Run([fails(1, 11)], crowded=(0, 4)), FailingTime(5), BROKEN,
        ANY_MACHINE),
    one("instances come back late while a neighbour is there", Run(shown=replaced(40), crowded=(1, 40)),
        HealsWithin("api", 30), Cause.MACHINE_SLOW, ANY_MACHINE),
    one("a neighbour is there all the time, and all is well", Run(crowded=(-15, 80)), FailingTime(5), HELD,
        ANY_MACHINE),
]  # fmt: skip
