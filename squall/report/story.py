"""What happened in a run, in order and in words; and in which state the instances were when it did. Pure."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from squall.figures import amount, signed
from squall.measure.harm import onset
from squall.measure.instances import ready_over_time
from squall.measure.outages import FailingStretch, outages
from squall.measure.witness import witness
from squall.record.event import (
    ChangedByOthers,
    EndpointChanged,
    Event,
    HarmConfirmed,
    HarmEffect,
    HarmEnded,
    HarmSent,
    InstanceChanged,
    InstancesListed,
    LeftoverFound,
    Noted,
    PhaseBegan,
    RateChanged,
    ReleaserEnded,
    RevisionSeen,
    RunVoided,
    Settled,
    TroubleSeen,
    UndoReplayed,
)
from squall.record.folder import Record
from squall.report.evidence import harms, span, zero

# More lines are no story any more; the timeline has them all.
MOST = 60
_PHASES = {
    "start": "load and prober start",
    "steady": "the steady state is watched",
    "undo": "squall cleans up",
    "hold": "it is watched whether the state is steady again",
    "done": "the run is over",
}


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Something that happened ``at`` seconds from the onset, in words; ``harm``: squall did it."""

    at: float
    text: str
    harm: bool = False


@dataclass(frozen=True, slots=True)
class StateOf:
    """An instance's state (ready, unready, gone, not there yet) at each of several moments."""

    service: str
    instance: str
    states: Sequence[str]


def story(record: Record) -> list[StoryLine]:
    """Return what happened, in order; what squall, the platform and users' requests show, each in a line."""
    start, watched = zero(record), record.phase("steady") or -math.inf
    found = once(
        StoryLine(event.t - start, text, _by_squall(event))
        for event in record.events(Event)
        # Who is there when watching begins is no news.
        if (text := _told(event)) and (event.t >= watched or isinstance(event, PhaseBegan))
    )
    for each in failing(record):
        found.append(StoryLine(each.first - start, "requests begin to fail"))
        found.append(StoryLine(each.last - start, "the last request of this outage fails"))
    return sorted(found, key=lambda moment: moment.at)


def failing(record: Record) -> list[FailingStretch]:
    """Return the outages from the harm to the clean-up; none without a harm that was proven."""
    if onset(record) is None:
        return []
    seen = witness(record.requests, zero(record), record.phase("undo") or span(record).high)
    return outages(seen, 1 - record.plan.objective.success / 100, record.plan.hold)


def moments(record: Record) -> list[tuple[str, float]]:
    """Return at which moments states are worth a look, each with its name, in the record's time."""
    start, last = zero(record), span(record).high
    found = [("just before the harm" if harms(record) else "at first", start)]
    if (least := _fewest(record, start)) is not None:
        found.append((f"when the fewest were ready ({signed(least - start)} s)", least))
    if broken := failing(record):
        found.append((f"at the last failure ({signed(broken[-1].last - start)} s)", broken[-1].last))
    return [*found, ("at the end", last)]


def _fewest(record: Record, start: float) -> float | None:
    """Return when a harmed service first had the fewest ready instances from the harm on; None: it never lost one."""
    for service in dict.fromkeys(target.service for target in record.plan.targets):
        counts = ready_over_time(record, service)
        before = [count for count in counts if count.t <= start][-1:]
        after = [count for count in counts if count.t > start]
        least = min(after, key=lambda count: len(count.ready), default=None)
        if least is not None and before and len(least.ready) < len(before[0].ready):
            return least.t
    return None


def states(record: Record) -> list[StateOf]:
    """Return the state of each watched instance at each of the ``moments``, by service and name."""
    wanted = [t for _, t in moments(record)]
    changes: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for event in record.events(InstancesListed, InstanceChanged):
        for name, state in _states(event):
            changes.setdefault((event.who, name), []).append((event.t, state))
    return [
        StateOf(service, name, [_state(told, t) for t in wanted]) for (service, name), told in sorted(changes.items())
    ]


def said(record: Record) -> list[StoryLine]:
    """Return what the platform and a releaser said from the harm on, word for word: troubles, events, last lines."""
    start = zero(record)
    events = [event for event in record.events(Noted, TroubleSeen) if event.t >= start]
    return once(StoryLine(event.t - start, _whole(event)) for event in events)


def _whole(event: Event) -> str:
    """Return what was said, and of a releaser the last lines that it printed."""
    printed = event.last if isinstance(event, ReleaserEnded) else ()
    return "\n    ".join([_told_of_system(event), *printed])


def once(told: Iterable[StoryLine]) -> list[StoryLine]:
    """Return what is said again and again once, with how often and until when; in the order of the first time."""
    times: dict[str, list[StoryLine]] = {}
    for each in told:
        times.setdefault(each.text, []).append(each)
    return [some[0] if len(some) == 1 else _repeated(some) for some in times.values()]


def _repeated(some: Sequence[StoryLine]) -> StoryLine:
    return replace(some[0], text=f"{some[0].text} ({len(some)} times, last at {signed(some[-1].at)} s)")


def _trouble(event: TroubleSeen) -> str:
    return f"{event.instance}: {event.trouble}" + (f": {event.text}" if event.text else "")


def _states(event: Event) -> Iterator[tuple[str, str]]:
    if isinstance(event, InstanceChanged):
        yield event.name, event.state + (f" ({event.reason})" if event.reason else "")
    elif isinstance(event, InstancesListed):
        yield from ((each.name, "ready" if each.ready else "unready") for each in event.instances)


def _state(told: Sequence[tuple[float, str]], t: float) -> str:
    return next((state for at, state in reversed(told) if at <= t), "not there")


def _by_squall(event: Event) -> bool:
    return isinstance(event, HarmSent | HarmEffect | HarmEnded)


def _told(event: Event) -> str:
    """Return an event in words; empty: it is no part of the story."""
    match event:
        case PhaseBegan(name=name):
            return _PHASES.get(name, "")
        case HarmSent(targets=targets):
            return f"squall harms: {', '.join(targets) or event.who}"
        case HarmEffect(proven=proven, how=how):
            return f"{'proven at' if proven else 'NOT PROVEN at'} {event.who}: {how}"
        case HarmConfirmed(how=how):
            return f"confirmed of {event.who}: {how}"
        case HarmEnded(how=how):
            return f"the harm ends at {event.who}: {how}"
        case RateChanged(rate=rate, to=to):
            return f"users arrive at {amount(rate if to is None else to, '/s')}"
        case _:
            return _told_of_system(event)


def _told_of_system(event: Event) -> str:
    match event:
        case InstanceChanged(name=name, state=state, reason=reason):
            return f"{name} is {state}" + (f" ({reason})" if reason else "")
        case EndpointChanged(name=name, ready=ready):
            return f"{name} is {'given traffic' if ready else 'withdrawn from traffic'}"
        case RevisionSeen(name=name, revision=revision):
            return f"{name} runs {revision}"
        case TroubleSeen():
            return _trouble(event)
        case Noted(text=text):
            return f"{event.who}: {text}"
        case _:
            return _told_of_run(event)


def _told_of_run(event: Event) -> str:
    match event:
        case Settled(after=after):
            return f"nothing can change a verdict any more ({amount(round(after, 1), 's')} observed)"
        case RunVoided(cause=cause, reason=reason):
            return f"the run proves nothing ({cause}): {reason}"
        case ChangedByOthers(text=text):
            return f"changed by someone else: {text}"
        case UndoReplayed(about=about, state=state):
            return f"{about or event.who}: {state}"
        case LeftoverFound(text=text):
            return f"left behind: {text}"
        case _:
            return ""
