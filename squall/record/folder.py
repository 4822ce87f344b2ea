"""The run folder: what was planned, done and seen. Written while the run goes on; judged later.

    plan.json        what was meant: targets, undo, limits, seed, versions, tuned values (``Plan``)
    timeline.jsonl   what happened, one ``Event`` a line, in the order of writing
    requests.sqb     the load's log        probes.sqb   the prober's log      (``squall.record.samples``)
    undo.jsonl       the undo log          (``squall.safety.undo_log``)
    findings.json    the judgement         figure.svg   the picture

All times ``t`` are CLOCK_MONOTONIC seconds of the harness's host; the plan's anchor places them in wall time.
Nothing here judges.
"""

import json
import os
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from pydantic import JsonValue as Json
from pydantic import TypeAdapter, ValidationError

from squall.clock import SYSTEM, Clock, Heartbeat
from squall.errors import Misuse
from squall.record.samples import Sample, load
from squall.verdict import Finding, Verdict, worst

SCHEMA = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``t``.

    Kinds (``who``; keys of ``what``):
      phase            (squall; name: prepare start steady harm observe undo hold done)
      load.started     (load; start, rate: arrivals per second, ``start`` is the first arrival's moment)
      load.rate        (load; start, rate)            another rate from ``start`` on
      load.stopped     (load; end, cpu: seconds)      prober.started, prober.stopped (prober; as for load)
      instances        (service; instances: list of {name, incarnation, ready, node}) whole state when watching began
      instance         (service; name, incarnation, state: ready | unready | gone, node, reason)
      endpoint         (service; name, ready)         withdrawn from or given traffic, as the platform sees it
      revision         (service; name, revision)      the version of its program that an instance runs from here on
      gauge            (service; instance, name, value, took)  a figure that an instance exports, as it was at some
                       moment of the ``took`` seconds before t
      gauge.unread     (service; instance, name, reason)       it cannot be read from here on; values say when again
      door             (service; instance, since, until, seconds: list of {at, calls, answered, failed, given_up})  what
                       passed at an instance's door in [since, until); seconds in which nothing did are left out
      door.unread      (service; instance, reason)    it could not be read this time
      note             (whoever; text)                shown as a tick on the figure
      harm.sent        (fault; targets, act, at)      the moment before the harm left; a harm is one ``act`` (0) unless
                       it is composed of several, each planned to begin ``at`` seconds after the first
      harm.effect      (target; proven, how, low, high, act)  proof read at the target; onset lies in [low, high]
      harm.confirmed   (target; how, act)            later, independent confirmation
      harm.ending      (fault; act)                   the moment before the end of a harm that lasts was asked for
      harm.ended       (target; ended: as stated | target gone | by others, how, low, high, act)  its end lies in
                       [low, high]
      settled          (squall; after, planned: seconds from the onset)  nothing more could change a verdict, so the
                       observation ended here and not when it was planned to
      blind            (squall; low, high)           nothing of the platform was seen then: the harm's doing
      void             (squall; cause, reason)        the run proves nothing, and why
      undo             (undo kind; state, proof)      leftover (what is still there; text)
      changed          (squall; text)                 what someone else changed while the run went on
      heartbeat        (process; boottime, realtime; stolen, counted: seconds of the machine's processors, where they
                       are known)  every second
    """

    t: float
    kind: str
    who: str
    what: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Objective:
    """What counts as served well: success share in %, and the percentile of latency (ms) with its limit."""

    success: float
    percentile: float
    latency: float


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """One instance that is going to be harmed."""

    service: str
    name: str
    incarnation: str
    node: str


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """A claim as it stands in the scenario: its sentence, its registered name and its fields."""

    text: str
    name: str
    fields: Mapping[str, Json]
    keyword: str = "Then"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was decided before anything was touched. Durations in seconds, rates per second.

    ``warnings`` says what may hinder the harm or revert it, as it was read before.
    """

    run: str
    scenario: str
    feature: str
    tags: Sequence[str]
    system: str
    platform: str
    context: str
    weaknesses: Sequence[str]
    anchor: Heartbeat
    seed: int
    objective: Objective
    rate: float
    probe_rate: float
    steady_window: float
    observation: float
    hold: float
    patience: float
    fault: str
    fault_fields: Mapping[str, Json]
    targets: Sequence[TargetPlan]
    instances: Mapping[str, int]
    claims: Sequence[ClaimPlan]
    undo: Sequence[str]
    command: str
    versions: Mapping[str, str] = field(default_factory=dict)
    tuning: Mapping[str, str] = field(default_factory=dict)
    gauges: Mapping[str, Sequence[str]] = field(default_factory=dict)
    warnings: Sequence[str] = field(default_factory=list)
    schema: int = SCHEMA

    def wall(self, t: float) -> datetime:
        """Return the wall time (UTC) of a moment of the record."""
        return datetime.fromtimestamp(self.anchor.realtime + (t - self.anchor.monotonic), UTC)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings of a run, each claim's in the scenario's order, and those that squall adds to each run."""

    findings: Sequence[Finding]
    built_in: Sequence[Finding]
    not_undone: Sequence[str] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of all findings."""
        return worst([*self.findings, *self.built_in])

    @property
    def headline(self) -> Finding:
        """The finding that decides: the first of the worst."""
        return max([*self.findings, *self.built_in], key=lambda finding: finding.verdict)


_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Judgement)


@dataclass(frozen=True)
class Record:
    """A run as it was seen, in memory: what claims judge and reports draw.

    ``requests`` and ``probes`` are ordered by intended time.
    """

    plan: Plan
    timeline: Sequence[Event]
    requests: Sequence[Sample]
    probes: Sequence[Sample]

    def events(self, *kinds: str, who: str | None = None) -> Iterator[Event]:
        """Yield the events of those kinds in the order of their time."""
        chosen = (e for e in self.timeline if e.kind in kinds and (who is None or e.who == who))
        return iter(sorted(chosen, key=lambda event: event.t))

    def until(self, moment: float) -> Self:
        """Return what there was before a moment: its events, and the samples that were meant to leave before it."""
        timeline = [event for event in self.timeline if event.t < moment]
        requests, probes = (s[: bisect_left(s, moment, key=_intended)] for s in (self.requests, self.probes))
        return replace(self, timeline=timeline, requests=requests, probes=probes)

    def phase(self, name: str) -> float | None:
        """Return when a phase began, or None if the run did not get there."""
        return next((e.t for e in self.events("phase") if e.what.get("name") == name), None)


class RunFolder:
    """One run on disk. Methods that append may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Event], None]] = []

    @classmethod
    def create(cls, base: Path, scenario: str, clock: Clock = SYSTEM) -> Self:
        """Make a new folder ``<time>-<scenario>`` under ``base``; a taken name gets a number."""
        stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{slug(scenario)}"
        for number in range(1000):
            path = base / (stem if not number else f"{stem}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if not path.is_dir():
                    raise Misuse(f"making a run folder in {base}: it is not a folder") from None
                continue
            except OSError as error:
                raise Misuse(f"making a run folder in {base}: {error.strerror}") from error
            return cls(path)
        raise Misuse(f"making a run folder in {base}: a thousand of this second are there already")

    @property
    def requests(self) -> Path:
        """The load's log."""
        return self.path / "requests.sqb"

    @property
    def probes(self) -> Path:
        """The prober's log."""
        return self.path / "probes.sqb"

    @property
    def undo(self) -> Path:
        """The undo log."""
        return self.path / "undo.jsonl"

    @property
    def figure(self) -> Path:
        """The picture."""
        return self.path / "figure.svg"

    @property
    def begun(self) -> bool:
        """Whether there is a plan, without which nothing was done."""
        return (self.path / "plan.json").exists()

    @property
    def judged(self) -> bool:
        """Whether there is a judgement."""
        return (self.path / "findings.json").exists()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` with every event, in the thread that writes it."""
        self._listeners.append(listener)

    def write_plan(self, plan: Plan) -> None:
        """Write ``plan.json``; written again when targets become known."""
        self._replace("plan.json", _PLAN.dump_json(plan, indent=2))

    def write_judgement(self, judgement: Judgement) -> None:
        """Write ``findings.json``."""
        self._replace("findings.json", _JUDGEMENT.dump_json(judgement, indent=2))

    def append(self, event: Event) -> None:
        """Append to the timeline; whole lines only, flushed at once."""
        line = _EVENT.dump_json(event) + b"\n"
        with self._lock, (self.path / "timeline.jsonl").open("ab") as file:
            file.write(line)
        for listener in self._listeners:
            listener(event)

    def load(self) -> Record:
        """Read the record.

        Raises:
            Misuse: the folder holds no readable run.
        """
        return Record(self.plan(), self.timeline(), load(self.requests), load(self.probes))

    def plan(self) -> Plan:
        """Read ``plan.json``."""
        return self._parse("plan.json", _PLAN)

    def judgement(self) -> Judgement:
        """Read ``findings.json``."""
        return self._parse("findings.json", _JUDGEMENT)

    def timeline(self) -> tuple[Event, ...]:
        """Read the timeline; a last line torn by a crash is passed over."""
        try:
            lines = (self.path / "timeline.jsonl").read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        events = []
        for number, line in enumerate(lines[:-1], start=1):
            try:
                events.append(_EVENT.validate_json(line))
            except ValidationError as error:
                raise Misuse(f"reading {self.path}/timeline.jsonl:{number}: not an event of this version") from error
        return tuple(events)

    def _parse(self, name: str, adapter: TypeAdapter[T]) -> T:
        path = self.path / name
        try:
            return adapter.validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise Misuse(f"reading a run: there is no {path}") from error
        except OSError as error:
            raise Misuse(f"reading {path}: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = "".join(f"{part}." for part in first["loc"]).removesuffix(".")
            raise Misuse(f"reading {path}: {where and where + ': '}{first['msg']}") from error

    def _replace(self, name: str, content: bytes) -> None:
        beside = self.path / f".{name}"
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path / name)


def _intended(sample: Sample) -> float:
    return sample.intended


def slug(text: str) -> str:
    """Return a title as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "run"


def schemas() -> dict[str, dict[str, object]]:
    """Return the JSON Schema of each JSON file of a run folder, by file name."""
    adapters: dict[str, TypeAdapter[Plan] | TypeAdapter[Event] | TypeAdapter[Judgement]] = {
        "plan.json": _PLAN, "timeline.jsonl": _EVENT, "findings.json": _JUDGEMENT,
    }  # fmt: skip
    return {name: json.loads(json.dumps(adapter.json_schema())) for name, adapter in adapters.items()}
