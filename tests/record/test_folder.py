import json
import math
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.judge import judge
from squall.errors import Misuse
from squall.interval import Interval
from squall.record.event import Event, Noted, PhaseBegan, RunVoided, UnknownEvent
from squall.record.folder import RunFolder, schemas, slug
from squall.record.judgement import Judgement
from squall.record.plan import ClaimPlan
from squall.record.samples import SampleWriter
from squall.safety.undo_log import Undo, UndoLog
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


BAD_LINES = {
    "no JSON": b"nonsense",
    "nothing": b"",
    "zeros, after a power cut": b"\0" * 64,
    "a kind that lacks its text": b'{"t":1,"kind":"leftover","who":"a","what":{}}',
    "a moment that is none": b'{"t":NaN,"kind":"note","who":"a","what":{"text":"x"}}',
    "a moment beyond all others": b'{"t":1e999,"kind":"note","who":"a","what":{"text":"x"}}',
    "an onset that ends before it begins": b'{"t":1,"kind":"harm.effect","who":"a",'
    b'"what":{"proven":true,"how":"","low":5,"high":1}}',
    "an onset that is no number": b'{"t":1,"kind":"harm.effect","who":"a",'
    b'"what":{"proven":true,"how":"","low":NaN,"high":1}}',
    "half a line, and the next one behind it": b'{"t":1,"kind":"no{"t":2,"kind":"note","who":"a","what":{"text":"x"}}',
    "an unknown kind without sense": b'{"t":1,"kind":"later","who":"a"}',
    "deep nesting": b"[" * 5000,
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=list(BAD_LINES))
def test_a_line_that_cannot_be_read_is_passed_over_and_said(folder: RunFolder, bad: bytes) -> None:
    """What it said is not known, and may have been what decides: nothing is promised of such a run."""
    before, after = PhaseBegan(1.0, "squall", "steady"), PhaseBegan(2.0, "squall", "harm")
    folder.append(before)
    with (folder.path / "timeline.jsonl").open("ab") as file:
        file.write(bad + b"\n")
    folder.append(after)
    said = "line 2 of timeline.jsonl cannot be read and is passed over; what it said is not known"
    assert folder.timeline() == (before, RunVoided(1.0, "squall", Cause.INCOMPLETE, said), after)
    (finding,) = judge(folder.load()).findings
    assert (finding.verdict, finding.cause, finding.reason) == (Verdict.INCONCLUSIVE, Cause.INCOMPLETE, said)


def test_what_a_full_disk_tore_is_cut_off_by_the_next_event(folder: RunFolder) -> None:
    events = [PhaseBegan(1.0, "squall", "steady"), PhaseBegan(3.0, "squall", "harm")]
    folder.append(events[0])
    with (folder.path / "timeline.jsonl").open("ab") as file:
        file.write(b'{"t": 2.0, "kind": "pha')
    folder.append(events[1])
    assert folder.timeline() == tuple(events)


def test_what_is_in_a_run_folder_is_for_nobody_else(folder: RunFolder) -> None:
    folder.append(PhaseBegan(1.0, "squall", "steady"))
    folder.write_judgement(Judgement([FINDING], []))
    SampleWriter(folder.requests).close()
    UndoLog(folder.undo).open(Undo("kind", "about"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.path.iterdir()}
    assert set(modes) == {"plan.json", "timeline.jsonl", "findings.json", "requests.sqb", "undo.jsonl"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("t", [1e300, -1e300, 1e12])
def test_a_moment_that_no_calendar_has_is_the_last_that_it_has(t: float) -> None:
    assert plan().wall(t).year in {2, 9999}


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


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["realtime", "monotonic"])
def test_an_anchor_that_is_no_moment_is_refused(folder: RunFolder, field: str, value: str) -> None:
    said = (folder.path / "plan.json").read_text()
    spoil(folder.path, re.sub(rf'"{field}": [\d.]+', f'"{field}": {value}', said).encode())
    with pytest.raises(Misuse, match=f"anchor.{field}: Input should be a finite number"):
        folder.load()


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


def test_it_is_read_once_and_again_when_it_has_changed(folder: RunFolder) -> None:
    folder.append(Noted(1.0, "squall", "first"))
    read = folder.load()
    assert folder.load() is read
    folder.append(Noted(2.0, "squall", "second"))
    assert [event.t for event in folder.load().timeline] == [1.0, 2.0]
    folder.write_plan(replace(read.plan, seed=read.plan.seed + 1))
    assert folder.load().plan.seed == read.plan.seed + 1


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


SECRETS = {
    "a token of GitHub": "ghp_" + "a1B2" * 9,
    "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw",
    "a key of AWS": "AKIAIOSFODNN7EXAMPLE",
    "a key of Stripe": "sk_live_" + "4eC39HqL" * 3,
    "a token of Hugging Face": "hf_" + "AbCd" * 8,
    "a password in an address": "hunter2",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))
def test_no_file_of_a_run_holds_a_secret_that_somebody_said(folder: RunFolder, secret: str) -> None:
    said = f'it answered: "postgres://app:{secret}@db/x" refused'
    with_it = replace(
        plan([ClaimPlan(said, "FailingTime", {"limit": 5.0, "of": said})]),
        context=said, warnings=[said], undo=[said], command=f"squall run --token {secret}",
        tuning={"SQUALL_TOKEN": secret}, versions={"db": said}, fault_fields={"password": secret},
    )  # fmt: skip
    folder.write_plan(with_it)
    folder.append(Noted(1.0, said, text=said))
    folder.append(UnknownEvent(1.0, "a", "later", {"deep": [{"password": secret, said: said}]}))
    folder.write_judgement(Judgement([replace(FINDING, claim=said, reason=said)], [], [said]))
    UndoLog(folder.undo).close(UndoLog(folder.undo).open(Undo("kind", said)), said)
    files = {path.name: path.read_text() for path in folder.path.iterdir()}
    assert set(files) == {"plan.json", "timeline.jsonl", "findings.json", "undo.jsonl"}
    for name, text in files.items():
        assert secret not in text, name
        assert "***" in text, name
    # What is left can be read, and undone.
    assert folder.plan().tuning == {"SQUALL_TOKEN": "***"}
    assert [type(event) for event in folder.timeline()] == [Noted, UnknownEvent]
    assert folder.judgement().not_undone == ['it answered: "postgres://***@db/x" refused']
    assert not UndoLog(folder.undo).contents().foreign


def test_what_is_no_secret_is_written_as_it_is(folder: RunFolder) -> None:
    event = Noted(1.0, "shop", text="the secret shop/db has another password; 3 tokens; kept: 5 s; ü \U0001f600\t")
    folder.append(event)
    kept = replace(plan(), fault="the password of db is rotated", fault_fields={"secret": "shop/db", "key": "password"})
    folder.write_plan(kept)
    assert (folder.timeline(), folder.plan()) == ((event,), kept)
