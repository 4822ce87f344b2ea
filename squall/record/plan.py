"""What a run is going to do, decided before anything is touched. Values; nothing is chosen or read here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import ConfigDict
from pydantic import JsonValue as Json

from squall.clock import Heartbeat
from squall.record.arrivals import LoadPlan

# The version of the run folder's files.
SCHEMA = 1
# The moments (s since 1970) that a date can name.
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC).timestamp(), datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """Which version of a run folder's files a plan says that it is; the rest of it is passed over."""

    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Objective:
    """What counts as served well: success share in %, and the percentile of latency (ms) with its limit."""

    success: float
    percentile: float
    latency: float


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """One instance that is going to be harmed; ``container`` is the one of a pod (empty in old records)."""

    service: str
    name: str
    incarnation: str
    node: str
    container: str = ""


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """A claim as it is written in the scenario: its sentence, its registered name and its fields."""

    text: str
    name: str
    fields: Mapping[str, Json]
    keyword: str = "Then"


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """A rule of the alert table as it is evaluated: durations in seconds, already divided by ``shortened``.

    ``source`` is what it looks at: ``errors`` (% of users' requests), ``latency`` (ms, of a percentile), ``gauge`` (of
    each instance of ``service``) or ``share`` (% that the increases of ``gauges`` are of those of ``among``). Its
    condition is that the value is above ``limit``, or below it. ``rank`` is its severity's place, 0 the gravest.
    """

    name: str
    severity: str
    rank: int
    source: str
    limit: float
    below: bool = False
    percentile: float = 0.0
    service: str = ""
    gauges: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    over: float = 0.0
    lasting: float = 0.0
    every: float = 1.0
    shortened: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was decided before anything was touched. Durations in seconds, rates per second.

    ``rate`` is how many users arrive each second until the harm, ``load`` how they do.
    ``warnings`` says what may hinder the harm or revert it, as it was read before.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)

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
    load: LoadPlan = field(default_factory=LoadPlan)
    alerts: tuple[AlertPlan, ...] = ()
    schema: int = SCHEMA

    def wall(self, t: float) -> datetime:
        """Return the wall time (UTC) of a moment of the record; that of the first or last year there is beyond them."""
        at = self.anchor.realtime + (t - self.anchor.monotonic)
        return datetime.fromtimestamp(min(max(at, _FIRST), _LAST), UTC)
