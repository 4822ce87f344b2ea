"""Builds whole runs from what happened to users, to probes and to instances, second by second around the harm."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from squall.claims.claim import Claim
from squall.claims.registry import planned
from squall.instances import Ended, Impact
from squall.record.calls import SecondOfCalls
from squall.record.event import Beat, CallsCounted, Event, HarmEffect, HarmEnded, HarmEnding, HarmSent, LoadStarted
from squall.record.folder import Record
from squall.record.plan import Objective, TargetPlan
from squall.record.samples import DROPPED, NEW, REUSED, UNFINISHED, Sample
from squall.verdict import Cause, Verdict
from tests.records import HARM, plan, replaced, whole
from tests.records import record as recorded

# Seconds from the harm, unless a run says otherwise.
START, UNDO, END = -15.0, 65.0, 80.0
PATIENCE = 2.0


@dataclass(frozen=True)
class Part:
    """From ``low`` to ``high`` seconds after the harm, each ``every``-th request goes as ``how`` says.

    How: ``fails`` at once, ``hangs`` until it is given up, ``slow`` by ``latency`` s, ``dropped`` by the generator,
    ``cut`` off without an end, ``absent`` from the log, sent ``late`` by ``latency`` s.
    """

    low: float
    high: float
    how: str = "fails"
    every: int = 1
    latency: float = 0.0


Story = Sequence[Part]
GOOD: Story = ()


def fails(low: float, high: float, every: int = 1) -> Part:
    """Each ``every``-th request fails from one moment to another."""
    return Part(low, high, "fails", every)


def slow(low: float, high: float, latency: float, every: int = 1) -> Part:
    """Each ``every``-th request takes so many seconds."""
    return Part(low, high, "slow", every, latency)


def log(rate: float, story: Story, end: float = END, phase: float = 0.0) -> list[Sample]:
    """Return the requests that were meant for each moment of a schedule."""
    found = []
    for number in range(math.ceil((end - START) * rate)):
        after = START + (number + phase) / rate
        if (sample := _sample(HARM + after, after, number, story)) is not None:
            found.append(sample)
    return found


def _sample(t: float, after: float, number: int, story: Story) -> Sample | None:
    part = next((each for each in story if each.low <= after < each.high and number % each.every == 0), None)
    good = Sample(t, t, t + 0.01, 200, True, "request", "load")
    if part is None:
        return good
    changed: Mapping[str, Sample | None] = {
        "fails": good._replace(status=503, ok=False, error="http 503"),
        "hangs": good._replace(done=t + PATIENCE, status=0, ok=False, error="timeout"),
        "slow": good._replace(done=t + part.latency),
        "dropped": good._replace(sent=math.nan, done=math.nan, status=0, ok=False, error=DROPPED),
        "cut": good._replace(done=math.nan, status=0, ok=False, error=UNFINISHED),
        "absent": None,
        "late": good._replace(sent=t + part.latency, done=t + part.latency + 0.01),
    }
    return changed[part.how]


@dataclass(frozen=True)
class Run:
    """What happened; the rest of the record is as a run leaves it. Times are seconds from the harm."""

    users: Story = GOOD
    # None: probes see what users see.
    probes: Story | None = None
    # How users connect; and what probes with a new connection see, where that is something else.
    connections: str = ""
    new_lane: Story | None = None
    rate: float = 50.0
    probe_rate: float = 50.0
    # What the platform showed, and whether that is all of it.
    shown: Sequence[Event] = field(default_factory=replaced)
    more: Sequence[Event] = ()
    targets: int = 1
    lasts: float = 0.0
    end: float = END
    objective: Objective = field(default_factory=lambda: Objective(99.0, 95.0, 200.0))
    # Who answers users, in turn; empty: answers do not say.
    answering: Sequence[str] = ()
    # Whom the fault's evidence names, and what the fault harms; empty: the first of the targets, by its name.
    evidence: Sequence[HarmEffect] = ()
    impact: Impact = Impact.INSTANCES
    # Seconds in which the machine's host takes half of the processors.
    stolen: tuple[float, float] = (0.0, 0.0)

    # Seconds in which a neighbour uses half of the processors, and how much of them somebody waits for one.
    crowded: tuple[float, float] = (0.0, 0.0)
    waiting: float = 0.5

    def record(self, claims: Mapping[str, Claim]) -> Record:
        """Return the record of the run with those claims."""
        users = log(self.rate, self.users, self.end)
        if self.answering:
            names = itertools.cycle(self.answering)
            users = [sample._replace(instance=name) for sample, name in zip(users, names, strict=False)]
        probes = self._probes()
        named = [TargetPlan("api", f"api-{number}", f"api-{number}/1", "node") for number in range(1, self.targets + 1)]
        of = replace(
            plan([planned(text, "Then", claim) for text, claim in claims.items()], self.rate),
            probe_rate=self.probe_rate, targets=named, objective=self.objective,
        )  # fmt: skip
        usual: list[Event] = [
            LoadStarted(HARM + START, "load", HARM + START, self.rate, self.connections),
            HarmSent(HARM, "Fault", tuple(each.name for each in named), impact=self.impact),
        ]
        told = {event.kind for event in self.more}
        sent = [event for event in usual if event.kind not in told]
        found = whole(recorded(users, probes, [*sent, *self.shown, *self._ended(), *self._beats(), *self.more], of))
        if not self.evidence:
            return found
        others = [event for event in found.timeline if not (isinstance(event, HarmEffect) and event.who == "api-1")]
        return replace(found, timeline=[*others, *self.evidence])

    def _probes(self) -> list[Sample]:
        kept = self.users if self.probes is None else self.probes
        anew = kept if self.new_lane is None else self.new_lane
        lanes = ((NEW, anew, 0.25), (REUSED, kept, 0.75))
        return [sample._replace(lane=name) for name, story, phase in lanes
                for sample in log(self.probe_rate, story, self.end, phase)]  # fmt: skip

    def _ended(self) -> list[Event]:
        if not self.lasts:
            return []
        over = HARM + self.lasts
        return [HarmEnding(over, "Freeze"), HarmEnded(over, "api-1", Ended.AS_STATED, "it goes on", over, over)]

    def _beats(self) -> list[Event]:
        beats: list[Event] = []
        taken = others = waited = 0.0
        for second in range(int(START), int(END) + 1):
            t = HARM + second
            taken += 1.0 if self.stolen[0] < second <= self.stolen[1] else 0.0
            crowded = self.crowded[0] < second <= self.crowded[1]
            others += 1.0 if crowded else 0.1
            waited += self.waiting if crowded else 0.01
            beats.append(Beat(t, "squall", t, t, taken, 2.0 * (second - START), others, waited))
        return beats


def effect(who: str, proven: bool = True, *instances: str) -> HarmEffect:
    """Proof of the harm at another target, and whose incarnations it names."""
    return HarmEffect(HARM, who, proven, "gone", HARM, HARM + 0.002, 0, instances)


def calls(each_second: int) -> list[Event]:
    """So many calls reach the cache in each second, all of them answered."""
    seconds = (SecondOfCalls(HARM + at, each_second, each_second, 0, 0) for at in range(int(START), int(END)))
    return [CallsCounted(each.at + 1.1, "redis", "redis-0", each.at, each.at + 1, (each,)) for each in seconds]


Expected = Verdict | Cause


@dataclass(frozen=True)
class Vector:
    """One run, what each of its claims comes to, and which known tool would say something else, and why."""

    name: str
    run: Run
    claims: Mapping[str, tuple[Claim, Expected]]
    wrong: str = ""
    # What "the system is steady again" comes to, where that is what the run is about.
    again: Expected | None = None
    # Changes the whole record, where what is missing is what the run is about.
    without: type[Event] | None = None

    def record(self) -> Record:
        """Return its record."""
        found = self.run.record({text: claim for text, (claim, _) in self.claims.items()})
        if self.without is None:
            return found
        return replace(found, timeline=[each for each in found.timeline if not isinstance(each, self.without)])
