import math
from dataclasses import replace

from squall.instances import Ended
from squall.interval import Interval
from squall.measure.instances import blind, dated, ready_over_time, restored, versions_over_time, withdrawn
from squall.record.event import (
    EndpointChanged,
    Event,
    HarmEffect,
    HarmEnded,
    PlatformUnseen,
    RevisionSeen,
)
from squall.record.folder import Record
from tests.records import HARM, listed, plan, record, replaced, shown

UNTIL = HARM + 65


def back_at(of: Record, service: str, after: float) -> float | None:
    when = restored(of, service, after, UNTIL).when
    return when.low if when.high < UNTIL else None


def test_the_ready_incarnations_are_followed() -> None:
    counts = ready_over_time(record(more=replaced(after=8.0, noticed=1.0)), "api")
    assert [(count.t - HARM, len(count.ready)) for count in counts] == [(-12, 3), (1, 2), (8, 3)]
    assert "api-1/2" in counts[-1].ready


def test_only_the_service_that_is_asked_for_counts() -> None:
    found = record(more=[listed(), shown(HARM + 1, "redis-1", "unready", service="redis")])
    assert len(ready_over_time(found, "api")) == 1


def test_a_service_is_restored_with_a_new_incarnation() -> None:
    assert back_at(record(more=replaced(after=8.0)), "api", HARM) == HARM + 8


def test_the_harmed_incarnation_does_not_count() -> None:
    back = [listed(), shown(HARM + 1, "api-1", "unready"), shown(HARM + 2, "api-1", "ready")]
    assert back_at(record(more=back), "api", HARM) is None


def test_before_it_is_noticed_the_harmed_one_still_looks_ready_and_does_not_count() -> None:
    assert back_at(record(more=[listed()]), "api", HARM) is None


def test_the_neighbour_of_what_was_harmed_stands_all_along() -> None:
    found = record(more=[listed(), listed(1, "redis")])
    assert back_at(found, "redis", HARM) == HARM


def test_too_few_instances_are_not_restored() -> None:
    assert back_at(record(more=[listed(2)]), "api", HARM) is None
    assert back_at(record(), "api", HARM) is None


def test_a_target_that_was_not_harmed_stands_all_along() -> None:
    plain = record(more=[listed()])
    unharmed = replace(plain, timeline=[e for e in plain.timeline if not isinstance(e, HarmEffect)])
    assert back_at(unharmed, "api", HARM) == HARM


def unseen(low: float, high: float) -> Event:
    return PlatformUnseen(HARM + high, "squall", low=HARM + low, high=HARM + high)


def test_what_is_shown_after_nothing_was_seen_may_be_old() -> None:
    hidden = blind(record(more=[unseen(0, 20), unseen(18, 23)]))
    assert hidden == [Interval(HARM, HARM + 20), Interval(HARM + 18, HARM + 23)]
    assert dated(hidden, HARM - 1) == Interval.exact(HARM - 1)
    assert dated(hidden, HARM + 5) == Interval(HARM, HARM + 21)
    assert dated(hidden, HARM + 20.5) == Interval(HARM, HARM + 24)
    assert dated(hidden, HARM + 24.1) == Interval.exact(HARM + 24.1)


def test_who_was_ready_when_seen_last_is_not_restored_if_the_news_is_otherwise() -> None:
    told, wanted = [listed(1, "redis"), unseen(0, 20)], replace(plan(), instances={"redis": 1})
    assert back_at(record(more=told, of=wanted), "redis", HARM + 10) == HARM + 10
    late = [shown(HARM + 20.4, "redis-1", "unready", service="redis")]
    assert back_at(record(more=[*told, *late], of=wanted), "redis", HARM + 10) is None


def test_the_versions_of_instances_are_followed() -> None:
    told = [
        listed(2),
        *(RevisionSeen(HARM - 12, "api", name=f"api-{n}", revision="1") for n in (1, 2)),
        shown(HARM + 1, "api-1", "gone"),
        shown(HARM + 2, "api-1", "unready", 2),
        RevisionSeen(HARM + 2, "api", name="api-1", revision="2"),
        shown(HARM + 3, "api-1", "ready", 2),
    ]
    *_, gone, unready, new, ready = versions_over_time(record(more=told), "api")
    assert gone.runs == unready.runs == {"api-2": "1"}
    assert gone.only("1")
    assert (new.runs, sorted(new.ready)) == ({"api-2": "1", "api-1": "2"}, ["api-2"])
    assert not new.only("1")
    assert (ready.t, sorted(ready.ready)) == (HARM + 3, ["api-1", "api-2"])


def test_a_platform_that_shows_no_versions_shows_none() -> None:
    assert versions_over_time(record(more=[listed()]), "api") == []


def test_noticed_is_the_first_sign_of_a_harmed_instance() -> None:
    others = [listed(), shown(HARM + 0.5, "api-2", "unready"), shown(HARM - 5, "api-1", "unready")]
    assert withdrawn(record(more=others), "api", HARM) is None
    endpoint = EndpointChanged(HARM + 2, "api", name="api-1", ready=False)
    assert withdrawn(record(more=[*others, shown(HARM + 3, "api-1", "gone"), endpoint]), "api", HARM) == HARM + 2


def test_one_whose_harm_was_over_need_not_be_another_incarnation() -> None:
    over = HarmEnded(HARM + 5, "api-1", ended=Ended.AS_STATED, how="", low=HARM + 5, high=HARM + 5)
    back = [
        listed(),
        shown(HARM + 1, "api-1", "unready"),
        shown(HARM + 6, "api-1", "ready", 1),
        over,
    ]
    assert back_at(record(more=back), "api", HARM + 5) == HARM + 6
    assert back_at(record(more=back), "api", HARM + 4) is None


def test_ready_for_a_moment_is_not_restored() -> None:
    loop = [listed(), shown(HARM + 1, "api-1", "unready")]
    for turn in range(1, 5):
        loop += [
            shown(HARM + 3 * turn, "api-1", "ready", turn + 1),
            shown(HARM + 3 * turn + 1, "api-1", "unready", turn + 1),
        ]
    assert back_at(record(more=loop), "api", HARM) is None
    healed = restored(record(more=[*loop, shown(HARM + 20, "api-1", "ready", 6)]), "api", HARM, UNTIL)
    assert (healed.when, healed.relapses) == (Interval.exact(HARM + 20), 4)
    late = restored(record(more=[*loop, shown(HARM + 62, "api-1", "ready", 6)]), "api", HARM, UNTIL)
    assert late.when == Interval(HARM + 62, math.inf)


def test_instances_that_a_harm_to_something_else_affects_count_only_as_others() -> None:
    """A node that is frozen: what is on it is shown as ready for a long time, and a drained one's pods go elsewhere."""
    node = HarmEffect(HARM, "node w", proven=True, how="", low=HARM, high=HARM, act=1, instances=("api-2/1", "api-3/1"))
    gone = HarmEnded(HARM + 20, "node w", ended=Ended.AS_STATED, how="", low=HARM + 20, high=HARM + 20, act=1)
    only = replace(plan(), targets=())
    assert back_at(record(more=[listed(), node], of=only), "api", HARM) is None
    moved = [listed(), node, shown(HARM + 4, "api-2", "ready", 2), shown(HARM + 6, "api-3", "ready", 2)]
    assert back_at(record(more=moved, of=only), "api", HARM) == HARM + 6
    assert back_at(record(more=[listed(), node, gone], of=only), "api", HARM + 20) == HARM + 20
