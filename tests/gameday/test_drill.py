"""A drill's file: what cannot mean anything is refused by its line, and what goes too far before anything is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.faults.fault import Target
from squall.faults.freeze import Freeze
from squall.gameday.drill import Drill, TimeWindow, refuse_unfit
from squall.instances import Instance, Share
from squall.run.schedule import ScheduledFault
from squall.testing.platform import SimulatedPlatform, VirtualClock
from tests.gameday.drills import DRILL, scenario

STEP = "scenarios: [{feature: a.feature, scenario: A}]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "drill.yaml:1: drill.yaml: Input should be a valid dictionary"),
        ("name: A\n" + STEP + "windows: {}\n", "drill.yaml:3: windows: there is no such key"),
        ("name: A\nscenarios: []\n", "drill.yaml:2: scenarios: "),
        ("name: A\n" + STEP + "abort: {over: 10s}\n", "drill.yaml:3: abort: say success_below: 90%"),
        ("name: A\n" + STEP + "abort: {success_below: 90}\n", "drill.yaml:3: abort.success_below: "),
        ("name: A\n" + STEP + "abort: {success_below: 90%, over: ten}\n", "abort.over: 'ten' is not a duration"),
        ("name: A\n" + STEP + "limits: {harm_at_most: most}\n", "drill.yaml:3: limits.harm_at_most: "),
        ("name: A\n" + STEP + "window: {opens: 2026-12-01 14:00:00, closes: 2026-12-01T15:00:00Z}\n", "timezone"),
        ("name: A\n" + STEP + "window: {opens: 2026-12-01T15:00:00Z, closes: 2026-12-01T14:00:00Z}\n", "closes before"),
        ("name: A\nname: B\n" + STEP, "drill.yaml:2: name: duplicate key"),
        ("name: [\n", "not YAML"),
    ],
)  # fmt: skip
def test_what_cannot_mean_anything_is_one_line_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(text)
    with pytest.raises(Misuse) as refused:
        Drill.read(file)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="No such file"):
        Drill.read(tmp_path / "drill.yaml")


def drill(folder: Path, more: str) -> Drill:
    file = folder / "drill.yaml"
    file.write_text(DRILL + more)
    return Drill.read(file)[0]


def test_an_abort_condition_that_rests_on_too_little_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(DRILL.replace("over: 4s", "latency_above: {percentile: 99, limit: 2s}, over: 4s"))
    read, lines = Drill.read(file)
    with pytest.raises(Misuse, match=r"drill.yaml:3: abort: .*200 requests end in 4s, and the condition needs 1000"):
        refuse_unfit(read, [scenario()], file, lines)
    refuse_unfit(read, [replace(scenario(), rate=250.0)], file, lines)


def test_a_harm_that_lasts_longer_than_the_drill_permits_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(DRILL + "limits: {lasts_at_most: 30s}\n")
    read, lines = Drill.read(file)
    longer = replace(scenario(), fault=Freeze("rerank-api", Share(1), lasts=40.0))
    with pytest.raises(
        Misuse, match=r"drill.yaml:5: scenarios.0: .*permits 30s at most \(lasts_at_most in drill.yaml\)"
    ):
        refuse_unfit(read, [longer], file, lines)
    refuse_unfit(read, [replace(longer, fault=Freeze("rerank-api", Share(1), lasts=30.0))], file, lines)


def test_the_drill_may_permit_less_than_the_system_file_and_never_more(tmp_path: Path) -> None:
    clock = VirtualClock()
    platform = SimulatedPlatform("rerank-api", clock)
    among = platform.instances("rerank-api")

    def refused(limit: str, harmed: list[Instance]) -> str:
        limits = drill(tmp_path, f"limits: {{harm_at_most: {limit}}}\n").limits
        schedule = [ScheduledFault(frozen(len(harmed)), Target(platform, harmed, "run"))]
        return limits.exceeds(scenario().system, schedule, among, platform.wanted)

    assert "drill.yaml permits 1 at once" in refused("1", list(among[:2]))
    assert refused("50%", list(among[:1])) == ""
    assert "drill.yaml permits 0 at once" in refused("30%", list(among[:1]))


def frozen(count: int) -> Freeze:
    return Freeze("rerank-api", Share(count), lasts=10.0)


def test_the_window_says_why_it_is_shut() -> None:
    opens = datetime(2026, 12, 1, 14, tzinfo=UTC)
    window = TimeWindow(opens=opens, closes=opens + timedelta(hours=1))
    assert "opens at 2026-12-01 14:00" in window.shut(opens - timedelta(seconds=1))
    assert window.shut(opens) == ""
    assert window.shut(opens + timedelta(minutes=59), takes=60) == ""
    assert "it takes 61 s, and the time window closes in 60 s" in window.shut(opens + timedelta(minutes=59), takes=61)
    assert "closed at" in window.shut(opens + timedelta(hours=1))
