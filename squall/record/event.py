"""What happens in a run: one frozen value for each kind of event. Values alone: no reading, no writing, no judging.

``t`` is when it happened (CLOCK_MONOTONIC seconds of the harness's host), ``who`` whom it is about: a service, an
instance, a fault, or what wrote it. A line of the timeline is ``{t, kind, who, what}``, and the other fields are its
``what`` (``squall.record.line``). A field that older squalls did not write has a default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import AliasGenerator, AliasPath, BeforeValidator, ConfigDict, Field
from pydantic import JsonValue as Json

from squall.instances import Ended, Impact
from squall.interval import Bound, Interval
from squall.record.arrivals import Pace
from squall.record.calls import SecondOfCalls

State = Literal["ready", "unready", "gone"]
# Older squalls wrote standing.
Outcome = Annotated[
    Literal["undone", "not undone"], BeforeValidator(lambda said: "not undone" if said == "standing" else said)
]
# What people tell a drill: that the harm may begin or not, that all must end, what they see, and what they have done.
Said = Literal["go", "no-go", "abort", "note", "noticed", "mitigated", "remedy"]


# What a line says beside its ``what``.
HEAD = frozenset({"t", "who"})


def _place(field: str) -> AliasPath:
    return AliasPath(field) if field in HEAD else AliasPath("what", field)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; each kind is a class of its own."""

    t: float
    who: str

    KIND: ClassVar[str] = ""
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=AliasGenerator(validation_alias=_place), allow_inf_nan=False
    )

    @property
    def kind(self) -> str:
        """Its name in the timeline."""
        return self.KIND


@dataclass(frozen=True, slots=True)
class UnknownEvent(Event):
    """An event of a kind that this squall does not know: kept and shown, never judged."""

    name: Annotated[str, Field(validation_alias="kind")]
    what: Annotated[Mapping[str, Json], Field(validation_alias="what")]

    @property
    def kind(self) -> str:
        """As the line names it."""
        return self.name


@dataclass(frozen=True, slots=True)
class PhaseBegan(Event):
    """A part of the run began: prepare, start, steady, harm, observe, undo, hold, done.

    Between start and steady one that somebody conducts has ``leave``: it waits for his GO.
    """

    KIND: ClassVar[str] = "phase"
    name: str


@dataclass(frozen=True, slots=True)
class LoadStarted(Event):
    """Users arrive: ``rate`` a second from ``start`` on, which is the moment of the first.

    ``connections`` is how they connect (``new``, ``kept`` or a number), from so many addresses (``sources``; 0: from
    whichever their machine chooses). ``pace`` says how they keep the schedule, at random by ``seed``; in a closed loop
    there is none, and ``rate`` is what so many ``users`` could ask at the most. So many ``workers`` keep it together.
    """

    KIND: ClassVar[str] = "load.started"
    start: float
    rate: float
    connections: str = ""
    sources: int = 0
    pace: Pace = "even"
    seed: int = 0
    users: int = 0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class RateChanged(Event):
    """Users arrive at another ``rate`` from ``start`` on, which changes evenly to ``to`` within ``over`` seconds."""

    KIND: ClassVar[str] = "load.rate"
    start: float
    rate: float
    to: float | None = None
    over: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadStopped(Event):
    """Nobody arrives from ``end`` on; ``cpu`` is the processor time (s) that the load process took."""

    KIND: ClassVar[str] = "load.stopped"
    end: Bound
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class ProberStarted(Event):
    """Probes leave, ``rate`` a second in each of the two lanes, from ``start`` on."""

    KIND: ClassVar[str] = "prober.started"
    start: float
    rate: float


@dataclass(frozen=True, slots=True)
class ProberStopped(Event):
    """No probe leaves from ``end`` on. ``reopened`` and ``extra`` count connections of the lane that keeps its own."""

    KIND: ClassVar[str] = "prober.stopped"
    end: Bound
    cpu: float = 0.0
    lateness_p99: float | None = None
    reopened: int | None = None
    extra: int | None = None


@dataclass(frozen=True, slots=True)
class InstanceListed:
    """One instance of a service when watching began; ``incarnation`` is another one after each restart."""

    name: str
    incarnation: str
    ready: bool
    node: str = ""

    # Its keys are its own: they do not lie below another ``what``.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict()


@dataclass(frozen=True, slots=True)
class InstancesListed(Event):
    """All instances of a service, when watching began or was resumed."""

    KIND: ClassVar[str] = "instances"
    instances: tuple[InstanceListed, ...]


@dataclass(frozen=True, slots=True)
class InstanceChanged(Event):
    """An instance of a service became ready, became unready, or is gone."""

    KIND: ClassVar[str] = "instance"
    name: str
    incarnation: str
    state: State
    node: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TroubleSeen(Event):
    """What the platform says keeps an instance from its work; ``text`` is its own words, cut and without secrets."""

    KIND: ClassVar[str] = "trouble"
    instance: str
    trouble: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class EndpointChanged(Event):
    """An instance is given traffic, or is withdrawn from it, as the platform sees it."""

    KIND: ClassVar[str] = "endpoint"
    name: str
    ready: bool


@dataclass(frozen=True, slots=True)
class RevisionSeen(Event):
    """The version of its program that an instance runs from here on."""

    KIND: ClassVar[str] = "revision"
    name: str
    revision: str


@dataclass(frozen=True, slots=True)
class GaugeRead(Event):
    """A figure that an instance exports, as it was at some moment of the ``took`` seconds before."""

    KIND: ClassVar[str] = "gauge"
    instance: str
    name: str
    value: float
    took: float = 0.0


@dataclass(frozen=True, slots=True)
class GaugeUnread(Event):
    """A gauge that cannot be read from here on; values say when it can again."""

    KIND: ClassVar[str] = "gauge.unread"
    instance: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallsCounted(Event):
    """What reached an instance in ``[since, until)``; seconds in which nothing did are left out."""

    KIND: ClassVar[str] = "calls"
    instance: str
    since: float
    until: float
    seconds: tuple[SecondOfCalls, ...]


@dataclass(frozen=True, slots=True)
class CallsUnread(Event):
    """The calls that reach an instance could not be read this time."""

    KIND: ClassVar[str] = "calls.unread"
    instance: str
    reason: str


@dataclass(frozen=True, slots=True)
class SteadyFound(Event):
    """The steady state was kept in ``[start, end)``; so many windows were looked at until then."""

    KIND: ClassVar[str] = "steady"
    start: float
    end: float
    looks: int = 1


@dataclass(frozen=True, slots=True)
class TargetsServed(Event):
    """How many of so many requests of users the targets answered while the state was steady, where answers say who."""

    KIND: ClassVar[str] = "served"
    requests: int
    of: int


@dataclass(frozen=True, slots=True)
class Noted(Event):
    """A remark; shown as a tick on the figure."""

    KIND: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True, slots=True)
class ReleaserEnded(Noted):
    """The team's own releaser came to its end: its exit code, which judges nothing, and the last lines it printed."""

    KIND: ClassVar[str] = "releaser.ended"
    code: int
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonSaid(Event):
    """What a person (``who``) told the drill that the run is a part of; ``text`` is in her own words."""

    KIND: ClassVar[str] = "person"
    said: Said
    text: str = ""


@dataclass(frozen=True, slots=True)
class HarmSent(Event):
    """The moment before a fault was injected.

    A run has one ``act`` (0), unless its fault is composed of several, each planned to begin ``at`` seconds after the
    first. ``impact`` is what the fault harms.
    """

    KIND: ClassVar[str] = "harm.sent"
    targets: tuple[str, ...] = ()
    act: int = 0
    at: float = 0.0
    impact: Impact = Impact.INSTANCES


@dataclass(frozen=True, slots=True)
class HarmEffect(Event):
    """What was read at a target after the injection: ``proven`` or not; the onset lies in ``[low, high]``.

    ``instances`` are the incarnations that are affected, where the target is none itself (a node, a Service).
    """

    KIND: ClassVar[str] = "harm.effect"
    proven: bool
    how: str
    low: Bound
    high: Bound
    act: int = 0
    instances: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse bounds that are none: ``low`` above ``high`` (ValueError)."""
        Interval(self.low, self.high)

    @property
    def when(self) -> Interval:
        """The onset."""
        return Interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class HarmConfirmed(Event):
    """A later, independent confirmation of a fault's effect on a target."""

    KIND: ClassVar[str] = "harm.confirmed"
    how: str
    act: int = 0


@dataclass(frozen=True, slots=True)
class HarmEnding(Event):
    """The moment before the end of a fault that lasts was asked for."""

    KIND: ClassVar[str] = "harm.ending"
    act: int = 0


@dataclass(frozen=True, slots=True)
class HarmEnded(Event):
    """The end of a fault at a target, as stated or otherwise; it lies in ``[low, high]``.

    ``harmed`` is how many calls the fault met, if it is one that is in the way of calls.
    """

    KIND: ClassVar[str] = "harm.ended"
    ended: Ended
    how: str
    low: Bound
    high: Bound
    act: int = 0
    harmed: int | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that are none: ``low`` above ``high`` (ValueError)."""
        Interval(self.low, self.high)

    @property
    def when(self) -> Interval:
        """The end."""
        return Interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Settled(Event):
    """Nothing more could change a verdict: observation ended ``after`` so many seconds, and not as ``planned``.

    ``claims`` says by their sentences after how many seconds each was settled.
    """

    KIND: ClassVar[str] = "settled"
    after: float
    planned: float
    claims: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlatformUnseen(Event):
    """Nothing of the platform was seen in ``[low, high]``, for the fault kept it from being seen."""

    KIND: ClassVar[str] = "blind"
    low: Bound
    high: Bound

    def __post_init__(self) -> None:
        """Refuse bounds that are none: ``low`` above ``high`` (ValueError)."""
        Interval(self.low, self.high)

    @property
    def when(self) -> Interval:
        """The stretch."""
        return Interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class RunVoided(Event):
    """The run proves nothing, and why; ``cause`` is one of ``Cause`` or one that this squall does not know."""

    KIND: ClassVar[str] = "void"
    cause: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndoReplayed(Event):
    """An entry of the undo log was carried out, or could not be (``not undone``); ``proof`` is what was read then."""

    KIND: ClassVar[str] = "undo"
    state: Outcome
    proof: str = ""
    about: str = ""
    by: str | None = None


@dataclass(frozen=True, slots=True)
class LeftoverFound(Event):
    """Something of the run that is still there after its clean-up."""

    KIND: ClassVar[str] = "leftover"
    text: str


@dataclass(frozen=True, slots=True)
class ChangedByOthers(Event):
    """What someone else changed while the run went on."""

    KIND: ClassVar[str] = "changed"
    text: str


@dataclass(frozen=True, slots=True)
class Beat(Event):
    """A process is alive, each second: its other clocks, and its machine's processor time so far.

    ``stolen`` of ``counted`` seconds of all processors together were taken by the machine's host, and ``others`` used
    by processes that belong neither to the run nor to its system; in ``waited`` seconds somebody waited for a
    processor. None: not known.
    """

    KIND: ClassVar[str] = "heartbeat"
    boottime: float
    realtime: float
    stolen: float | None = None
    counted: float | None = None
    others: float | None = None
    waited: float | None = None


KINDS: Mapping[str, type[Event]] = {
    each.KIND: each
    for each in (
        PhaseBegan, LoadStarted, RateChanged, LoadStopped, ProberStarted, ProberStopped, InstancesListed,
        InstanceChanged, TroubleSeen, EndpointChanged, RevisionSeen, GaugeRead, GaugeUnread, CallsCounted, CallsUnread,
        Noted, ReleaserEnded, PersonSaid, SteadyFound, TargetsServed,
        HarmSent, HarmEffect, HarmConfirmed, HarmEnding, HarmEnded, Settled, PlatformUnseen, RunVoided, UndoReplayed,
        LeftoverFound, ChangedByOthers, Beat,
    )
}  # fmt: skip

# What older squalls called some kinds.
FORMER_KINDS: Mapping[str, type[Event]] = {"door": CallsCounted, "door.unread": CallsUnread}
