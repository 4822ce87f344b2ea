"""The abort condition: met, kept, and not to be seen; each for its reason."""

import math
from pathlib import Path

import pytest

from squall.gameday.abort_watch import AbortWatch
from squall.gameday.drill import AbortCondition
from squall.record.folder import RunFolder
from squall.record.samples import DROPPED, Sample, SampleWriter
from tests.records import stream


def condition(**given: object) -> AbortCondition:
    return AbortCondition.model_validate({"over": "4s", **given})


def watched(folder: Path, samples: list[Sample], asked: AbortCondition) -> AbortWatch:
    run = RunFolder.create(folder, "a run")
    writer = SampleWriter(run.requests)
    for sample in samples:
        writer.add(sample)
    writer.close()
    return AbortWatch(asked, run)


def test_users_who_are_served_meet_no_condition(tmp_path: Path) -> None:
    watch = watched(tmp_path, list(stream(50, start=0, end=10)), condition(success_below="90%"))
    seen = watch.look(10.0)
    assert (seen.breach, seen.success, seen.count) == ("", 100.0, 200)


def test_too_few_successes_are_a_breach_and_only_those_of_the_window_count(tmp_path: Path) -> None:
    samples = list(stream(50, lambda t: t >= 9.5, start=0, end=10))
    assert watched(tmp_path / "a", samples, condition(success_below="90%")).look(10.0).breach == (
        "87.5% of users' requests succeeded in 4s, 90% is the least"
    )
    assert watched(tmp_path / "b", samples, condition(success_below="87.5%")).look(10.0).breach == ""
    later = [*samples, *stream(50, start=10, end=16)]
    assert watched(tmp_path / "c", later, condition(success_below="90%")).look(16.0).breach == ""


def test_slow_answers_are_a_breach_of_their_own(tmp_path: Path) -> None:
    slow = [sample._replace(done=sample.done + 2.5) for sample in stream(60, start=0, end=10)]
    asked = condition(latency_above={"percentile": 95, "limit": "2s"})
    assert "p95 of users' requests was" in watched(tmp_path / "a", slow, asked).look(12.0).breach
    assert "2s is the most" in watched(tmp_path / "b", slow, asked).look(12.0).breach
    assert watched(tmp_path / "c", list(stream(60, start=0, end=10)), asked).look(10.0).breach == ""


def test_what_is_not_to_be_seen_is_a_breach_once_it_could_be(tmp_path: Path) -> None:
    few = list(stream(2, start=0, end=9))
    watch = watched(tmp_path, few, condition(success_below="90%"))
    assert watch.look(3.0).breach == "", "its window is not whole yet"
    assert watch.look(9.0).breach == "it cannot be seen how users fare: 8 requests of users ended in 4s, 20 needed"


def test_what_the_generator_did_not_send_says_nothing_of_users(tmp_path: Path) -> None:
    never = [Sample(t / 50, math.nan, math.nan, 0, False, "rank", "load", "", DROPPED) for t in range(100)]
    seen = watched(tmp_path, [*stream(50, start=0, end=2), *never], condition(success_below="90%")).look(2.0)
    assert seen.success == pytest.approx(100.0)
