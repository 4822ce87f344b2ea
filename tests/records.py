"""Records made by hand, for tests of what reads them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from squall.clock import Heartbeat
from squall.record.columns import Samples
from squall.record.event import (
    Beat,
    Event,
    HarmEffect,
    InstanceChanged,
    InstanceListed,
    InstancesListed,
    LoadStarted,
    PhaseBegan,
    ProberStarted,
    State,
)
from squall.record.folder import Record
from squall.record.plan import ClaimPlan, Objective, Plan, TargetPlan
from squall.record.samples import Sample
from squall.system.system import System

HARM = 100.0
END = 180.0


def plan(claims: Sequence[ClaimPlan] = (), rate: float = 50.0, hold: float = 5.0) -> Plan:
    return Plan(
        run="run",
        scenario="a pod crashes",
        feature="crash",
        tags=[],
        system="system",
        platform="simulated",
        context="",
        weaknesses=[],
        anchor=Heartbeat(0, 0, 1_700_000_000),
        seed=1,
        objective=Objective(99.0, 95.0, 200.0),
        rate=rate,
        probe_rate=50.0,
        steady_window=10.0,
        observation=60.0,
        hold=hold,
        patience=30.0,
        fault="1 of api crash",
        fault_fields={},
        targets=[TargetPlan("api", "api-1", "api-1/1", "node")],
        instances={"api": 3},
        claims=list(claims),
        undo=[],
        command="",
    )


def stream(
    rate: float,
    fails: Callable[[float], bool] = lambda t: False,
    start: float = HARM - 15,
    end: float = END,
    latency: float = 0.01,
    phase: float = 0.0,
) -> list[Sample]:
    found = []
    for number in range(int((end - start) * rate)):
        t = start + (number + phase) / rate
        bad = fails(t)
        found.append(Sample(t, t, t + latency, 503 if bad else 200, not bad, "request", "load"))
    return found


def record(
    requests: Sequence[Sample] = (),
    probes: Sequence[Sample] = (),
    more: Sequence[Event] = (),
    of: Plan | None = None,
) -> Record:
    events = [
        PhaseBegan(HARM - 11, "squall", name="steady"),
        HarmEffect(HARM, "api-1", proven=True, how="gone", low=HARM, high=HARM + 0.002),
        PhaseBegan(HARM + 65, "squall", name="undo"),
        PhaseBegan(HARM + 65, "squall", name="hold"),
        PhaseBegan(END, "squall", name="done"),
        *more,
    ]
    return Record(of or plan(), events, Samples.of(requests), Samples.of(probes))


def whole(found: Record) -> Record:
    """Return a record with all that a run leaves besides what claims read: phases, schedules, heartbeats."""
    have = {(event.kind, event.who) for event in found.timeline}
    ends = [log[-1].intended for log in (found.requests, found.probes) if log]
    begun = HARM - 15
    added: list[Event] = [
        *(Beat(float(t), "squall", float(t), float(t)) for t in range(int(begun), int(max(ends, default=END)) + 1)),
        LoadStarted(begun, "load", start=begun, rate=found.plan.rate),
        ProberStarted(begun, "prober", start=begun, rate=found.plan.probe_rate),
        PhaseBegan(HARM - 0.1, "squall", "harm"),
        PhaseBegan(HARM + 0.1, "squall", "observe"),
    ]
    lacking = [event for event in added if event.kind == PhaseBegan.KIND or (event.kind, event.who) not in have]
    return replace(found, timeline=[*lacking, *found.timeline])


def listed(count: int = 3, service: str = "api", t: float = HARM - 12) -> Event:
    """Watching begins with so many ready instances."""
    names = [f"{service}-{number}" for number in range(1, count + 1)]
    instances = tuple(InstanceListed(name, f"{name}/1", ready=True, node="node") for name in names)
    return InstancesListed(t, service, instances=instances)


def shown(t: float, name: str, state: State, incarnation: int = 1, service: str = "api") -> Event:
    """The platform shows an instance as ready, unready or gone."""
    return InstanceChanged(t, service, name=name, incarnation=f"{name}/{incarnation}", state=state)


def replaced(after: float = 8.0, noticed: float = 1.0) -> list[Event]:
    """The platform notices the harmed instance and has a new incarnation of it ready."""
    return [listed(), shown(HARM + noticed, "api-1", "unready"), shown(HARM + after, "api-1", "ready", 2)]


def started(rate: float = 50.0, start: float = HARM - 15) -> Event:
    return LoadStarted(start, "load", start=start, rate=rate)


def system() -> System:
    """A system of a single service, with the defaults of steady state and probe."""
    return System.model_validate(
        {
            "name": "shop",
            "objectives": {"success": "99%", "latency": {"percentile": 95, "limit": "200ms"}},
            "steady": {"window": "10s", "hold": "5s", "patience": "30s"},
            "load": {"locustfile": "load/shop.py", "rate": "50/s"},
            "probe": {"path": "/health", "rate": "50/s"},
            "services": {"api": {}},
            "platforms": {},
        }
    )
