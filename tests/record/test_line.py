"""Lines of the timeline: each kind of event goes into one and comes back, and what is unknown is kept."""

import json
import math
from dataclasses import fields

import pytest
from pydantic import ValidationError

from squall.instances import Ended
from squall.interval import Interval
from squall.record import line
from squall.record.calls import SecondOfCalls
from squall.record.event import (
    KINDS,
    Beat,
    CallsCounted,
    CallsUnread,
    ChangedByOthers,
    EndpointChanged,
    Event,
    GaugeRead,
    GaugeUnread,
    HarmConfirmed,
    HarmEffect,
    HarmEnded,
    HarmEnding,
    HarmSent,
    InstanceChanged,
    InstanceListed,
    InstancesListed,
    LeftoverFound,
    LoadStarted,
    LoadStopped,
    Noted,
    PersonSaid,
    PhaseBegan,
    PlatformUnseen,
    ProberStarted,
    ProberStopped,
    RateChanged,
    ReleaserEnded,
    RevisionSeen,
    RunVoided,
    Settled,
    SteadyFound,
    TargetsServed,
    TroubleSeen,
    UndoReplayed,
    UnknownEvent,
)
from squall.verdict import Cause

EVENTS: list[Event] = [
    PhaseBegan(1.0, "squall", "steady"),
    LoadStarted(1.0, "load", 1.5, 50.0),
    RateChanged(1.0, "load", 1.5, 80.0, 120.0, 5.0),
    LoadStopped(9.0, "load", 8.5, 0.3),
    ProberStarted(1.0, "prober", 1.5, 40.0),
    ProberStopped(9.0, "prober", 8.5, 0.3, 0.001, 2, 0),
    InstancesListed(1.0, "api", (InstanceListed("api-1", "u/1", ready=True, node="worker"),)),
    InstanceChanged(2.0, "api", "api-1", "u/1", "unready", "worker", "Error"),
    TroubleSeen(2.0, "api", "api-1", "crash loop", "back-off 10s"),
    EndpointChanged(2.0, "api", "api-1", ready=False),
    RevisionSeen(2.0, "api", "api-1", "v2"),
    GaugeRead(2.0, "api", "api-1", "pool free", 3.5, 0.01),
    GaugeUnread(2.0, "api", "api-1", "pool free", "refused"),
    CallsCounted(2.0, "redis", "redis-0", 1.0, 2.0, (SecondOfCalls(1.0, 5, 4, 1, 0),)),
    CallsUnread(2.0, "redis", "redis-0", "gone"),
    Noted(2.0, "kubelet", "ü\n"),
    ReleaserEnded(2.0, "rerank-api", "the releaser has ended", 1, ("rolled back", "done")),
    PersonSaid(2.0, "Ann", "noticed", "errors on the dashboard"),
    SteadyFound(2.0, "squall", 1.0, 2.0, 3),
    TargetsServed(2.0, "squall", 12, 40),
    HarmSent(2.0, "Crash", ("api-1", "api-2"), 1, 5.0),
    HarmEffect(2.0, "api-1", proven=True, how="it is gone", low=1.9, high=math.inf, act=1),
    HarmConfirmed(3.0, "api-1", "OOMKilled"),
    HarmEnding(3.0, "Freeze"),
    HarmEnded(3.0, "api-1", Ended.AS_STATED, "it runs", 2.9, 3.0, 0, 12),
    Settled(3.0, "squall", 12.5, 65.0, {"no request fails": 11.0}),
    PlatformUnseen(3.0, "squall", 1.0, 3.0),
    RunVoided(3.0, "squall", Cause.ABORTED, "interrupted"),
    UndoReplayed(3.0, "agent", "undone", "gone", "the agent", "guard: the harness died"),
    LeftoverFound(3.0, "agent", "the agent still runs"),
    ChangedByOthers(3.0, "squall", "replicas was 3 and is 5"),
    Beat(3.0, "squall", 3.5, 1.7e9, 0.2, 10.0, 1.5, 0.7),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_is_read_back_as_it_was_written(event: Event) -> None:
    written = line.write(event)
    assert line.read(written) == event
    said = json.loads(written)
    assert list(said) == ["t", "kind", "who", "what"]
    assert (said["t"], said["kind"], said["who"]) == (event.t, event.kind, event.who)
    assert set(said["what"]) == {field.name for field in fields(event)} - {"t", "who"}
    assert b"Infinity" not in written


def test_there_is_an_example_of_each_kind() -> None:
    assert [event.kind for event in EVENTS] == list(KINDS)


@pytest.mark.parametrize(
    ("written", "event"),
    [
        (b'{"t":1,"kind":"harm.sent","who":"Crash","what":{"targets":["a"]}}', HarmSent(1.0, "Crash", ("a",))),
        (
            b'{"t":1,"kind":"harm.effect","who":"a","what":{"proven":true,"how":"","low":1,"high":2}}',
            HarmEffect(1.0, "a", proven=True, how="", low=1.0, high=2.0),
        ),
        (
            b'{"t":1,"kind":"instance","who":"api","what":{"name":"a","incarnation":"i","state":"gone"}}',
            InstanceChanged(1.0, "api", "a", "i", "gone"),
        ),
        (
            b'{"t":1,"kind":"heartbeat","who":"squall","what":{"boottime":1,"realtime":2}}',
            Beat(1.0, "squall", 1.0, 2.0),
        ),
        (b'{"t":1,"kind":"note","who":"x","what":{"text":"t","colour":"red"}}', Noted(1.0, "x", "t")),
        (
            b'{"t":1,"kind":"door","who":"redis","what":{"instance":"redis-0","since":0,"until":1,"seconds":[]}}',
            CallsCounted(1.0, "redis", "redis-0", 0.0, 1.0, ()),
        ),
        (
            b'{"t":1,"kind":"door.unread","who":"redis","what":{"instance":"redis-0","reason":"gone"}}',
            CallsUnread(1.0, "redis", "redis-0", "gone"),
        ),
        (
            b'{"t":1,"kind":"undo","who":"agent","what":{"state":"standing","proof":"no answer"}}',
            UndoReplayed(1.0, "agent", "not undone", "no answer"),
        ),
    ],
)
def test_a_line_of_another_squall_is_read_as_far_as_it_goes(written: bytes, event: Event) -> None:
    assert line.read(written) == event


def test_what_is_not_known_is_left_out_of_a_line() -> None:
    assert json.loads(line.write(Beat(1.0, "squall", 1.0, 2.0)))["what"] == {"boottime": 1.0, "realtime": 2.0}


def test_a_kind_that_is_not_known_is_kept() -> None:
    written = b'{"t":1.0,"kind":"sunspots","who":"sun","what":{"count":3}}\n'
    event = line.read(written)
    assert event == UnknownEvent(1.0, "sun", "sunspots", {"count": 3})
    assert event.kind == "sunspots"
    assert line.write(event) == written


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"nonsense",
        b"[]",
        b"3",
        b'{"t":1,"kind":"note","what":{"text":""}}',
        b'{"t":"soon","kind":"note","who":"x","what":{"text":""}}',
        b'{"t":1,"kind":"note","who":"x","what":{}}',
        b'{"t":1,"kind":"note","who":"x","what":[1]}',
        b'{"t":1,"kind":"gauge","who":"api","what":{"instance":"a","name":"n","value":"three"}}',
        b'{"t":1,"kind":["note"],"who":"x","what":{"text":""}}',
        b'{"t":1,"kind":"instance","who":"api","what":{"name":"a","incarnation":"i","state":"asleep"}}',
    ],
)
def test_what_is_no_event_is_refused(written: bytes) -> None:
    with pytest.raises(ValidationError):
        line.read(written)


def test_an_end_that_was_not_seen_is_endless() -> None:
    effect = line.read(b'{"t":1,"kind":"harm.effect","who":"a","what":{"proven":true,"how":"","low":1,"high":null}}')
    assert isinstance(effect, HarmEffect)
    assert effect.when == Interval(1.0, math.inf)
