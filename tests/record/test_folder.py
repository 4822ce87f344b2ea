import json
import math
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.interval import Interval
from squall.record.event import Event, Noted, PhaseBegan
from squall.record.folder import RunFolder, schemas, slug
from squall.record.judgement import Judgement
from squall.record.plan import ClaimPlan
from squall.record.samples import SampleWriter
from squall.verdict import Cause, Finding, Measured, Side, Verdict
from tests.records import HARM, plan, stream

MEASURED = Measured("failing", Interval(7.0, 7.2), 5.0, "s", 900, Side.AT_MOST)
FINDING = Finding("requests fail", Verdict.BROKEN, "failing: 7s", None, MEASURED)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    found = RunFolder.create(tmp_path, "A pod crashes!")
    assert found.path.stat().st_mode & 0o777 == 0o700, "what a system says is for nobody else on this machine"
    found.write_plan(plan([ClaimPlan("requests fail", "FailingTime", {"limit": 5.0})]))
    return found


def test_a_run_is_read_back_as_it_was_written(folder: RunFolder) -> None:
    events = (PhaseBegan(1.0, "squall", name="steady"), Noted(2.0, "kubelet", text="ü\n"))
    for event in events:
        folder.append(event)
    for path, samples in ((folder.requests, stream(5)), (folder.probes, stream(7))):
        writer = SampleWriter(path)
        for sample in samples:
            writer.add(sample)
        writer.close()
    record = folder.load()
    assert record.plan == plan([ClaimPlan("requests fail", "FailingTime", {"limit": 5.0})])
    assert record.timeline == events
    assert list(record.requests) == stream(5)
    assert list(record.probes) == stream(7)


@pytest.mark.parametrize(
    "figure", [None, Interval.exact(0.0), Interval(7.0, math.inf), Interval(math.inf, math.inf)], ids=str
)
def test_a_judgement_is_read_back_as_it_was_written(folder: RunFolder, figure: Interval | None) -> None:
    void = Finding("noticed", Verdict.INCONCLUSIVE, "the clocks jumped", Cause.CLOCK_JUMP)
    judgement = Judgement([replace(FINDING, measured=replace(MEASURED, figure=figure)), void], [FINDING], ["an agent"])
    folder.write_judgement(judgement)
    assert folder.judgement() == judgement
    # Readers that are not Python do not know an Infinity.
    assert "Infinity" not in (folder.path / "findings.json").read_text()


def test_the_worst_finding_is_the_headline() -> None:
    held = Finding("held", Verdict.HELD, "")
    unsure = Finding("unsure", Verdict.INCONCLUSIVE, "", Cause.TOO_CLOSE)
    assert Judgement([held, FINDING], [unsure]).headline is FINDING
    assert Judgement([held], [unsure]).verdict is Verdict.INCONCLUSIVE
    assert Judgement([unsure, replace(unsure, claim="second")], []).headline is unsure


def test_a_line_torn_by_a_crash_is_passed_over(folder: RunFolder) -> None:
    folder.append(PhaseBegan(1.0, "squall", name="steady"))
    with (folder.path / "timeline.jsonl").open("ab") as file:
        file.write(b'{"t": 2.0, "kind": "pha')
    assert [event.t for event in folder.timeline()] == [1.0]


def test_a_line_that_is_no_event_is_named(folder: RunFolder) -> None:
    folder.append(PhaseBegan(1.0, "squall", "steady"))
    with (folder.path / "timeline.jsonl").open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(Misuse, match=r"timeline\.jsonl:2: not an event of this version$"):
        folder.load()


def test_a_run_that_got_nowhere_is_empty(folder: RunFolder) -> None:
    record = folder.load()
    assert (record.timeline, len(record.requests), len(record.probes)) == ((), 0, 0)


def spoil(folder: Path, content: bytes) -> None:
    (folder / "plan.json").write_bytes(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[]", "Input should be"),
        (b'{"run": "r"}', "scenario: Field required"),
    ],
)
def test_an_unreadable_plan_is_one_line(folder: RunFolder, content: bytes, problem: str) -> None:
    spoil(folder.path, content)
    with pytest.raises(Misuse) as caught:
        folder.load()
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"reading {folder.path}/plan.json: ")
    assert "\n" not in str(caught.value)
    assert ": :" not in str(caught.value)


def test_a_record_of_a_newer_squall_is_refused_and_not_guessed_at(folder: RunFolder) -> None:
    spoil(folder.path, b'{"schema": 2, "everything": "else"}')
    with pytest.raises(Misuse, match="its record has version 2, and this squall knows 1; read it with"):
        folder.load()


@pytest.mark.parametrize(
    ("verdict", "figure", "limit", "side"),
    [
        (Verdict.HELD, Interval(1, 2), 5.0, Side.AT_MOST),
        (Verdict.HELD, Interval(99, 100), 95.0, Side.AT_LEAST),
        (Verdict.BROKEN, Interval(7, math.inf), 5.0, Side.AT_MOST),
        (Verdict.BROKEN, Interval(80, 90), 95.0, Side.AT_LEAST),
    ],
)
def test_findings_of_before_are_read(
    folder: RunFolder, verdict: Verdict, figure: Interval, limit: float, side: Side
) -> None:
    """They had the figure where what was measured is now, and its limit, unit and samples beside it."""
    high = None if math.isinf(figure.high) else figure.high
    figures = {"measured": {"low": figure.low, "high": high}, "limit": limit, "unit": "s", "samples": 9}
    said = {"claim": "c", "verdict": int(verdict), "reason": "r", "cause": None, **figures}
    void = {"claim": "d", "verdict": 1, "reason": "r", "cause": "no effect", "measured": None, "limit": None}
    judgement = {"findings": [said], "built_in": [{**void, "unit": "", "samples": 0}], "not_undone": ["an agent"]}
    (folder.path / "findings.json").write_text(json.dumps(judgement))
    assert folder.judgement() == Judgement(
        [Finding("c", verdict, "r", None, Measured("", figure, limit, "s", 9, side))],
        [Finding("d", Verdict.INCONCLUSIVE, "r", Cause.NO_EFFECT)],
        ["an agent"],
    )


def test_what_is_no_run_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "nowhere", tmp_path / "file", tmp_path):
        with pytest.raises(Misuse, match=r"plan\.json"):
            RunFolder(path).load()


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    names = {RunFolder.create(tmp_path, "crash").path.name for _ in range(3)}
    assert len(names) == 3


def test_a_place_that_takes_no_folder_is_misuse(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(Misuse, match="making a run folder in"):
        RunFolder.create(tmp_path / "runs", "crash")


def test_titles_make_names_of_files() -> None:
    assert slug("A pod crashes: 50% / day!") == "a-pod-crashes-50-day"
    assert slug("Überlast " * 20).startswith("berlast")
    assert len(slug("x" * 500)) == 60
    assert slug("…") == "run"


def test_threads_append_whole_lines(folder: RunFolder) -> None:
    heard: list[Event] = []
    folder.listen(heard.append)

    def write(number: int) -> None:
        for count in range(50):
            folder.append(Noted(float(count), f"thread {number}", text="x" * 500 * number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folder.timeline()) == len(heard) == 400


def test_events_come_in_the_order_of_their_time(folder: RunFolder) -> None:
    for t in (3.0, 1.0, 2.0):
        folder.append(Noted(t, "squall" if t != 2.0 else "kubelet", "said"))
    record = folder.load()
    assert [event.t for event in record.events(Noted)] == [1.0, 2.0, 3.0]
    assert [event.t for event in record.events(Noted, who="kubelet")] == [2.0]
    assert record.phase("harm") is None


def test_moments_have_a_wall_time() -> None:
    assert plan().wall(HARM).timestamp() == 1_700_000_000 + HARM


def test_schemas_describe_what_is_written(folder: RunFolder) -> None:
    published = schemas()
    assert set(published) == {"plan.json", "timeline.jsonl", "findings.json"}
    folder.write_judgement(Judgement([FINDING], []))
    for name in ("plan.json", "findings.json"):
        written = json.loads((folder.path / name).read_text())
        properties = published[name]["properties"]
        assert isinstance(properties, dict)
        assert set(written) == set(properties)
