"""Runs a case to its end to learn its steps, then strikes it at each, has it undone, and audits what is left."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from squall.agent.journal import path_of
from squall.assembly import platform
from squall.audit import compare
from squall.errors import SquallError
from squall.platforms.processes.state import PREFIX
from squall.undo import Undo, UndoLog
from tests.crash.blows import SURVIVED
from tests.crash.cases import CASES, ROOT, Case

LONGEST = 240
CALM_WITHIN = 120.0
READY_WITHIN = 60.0
WORKERS = ("squall-worker", "squall-worker2")


@dataclass(frozen=True, slots=True)
class Point:
    """A step by its number (1 is the first) and name; ``harmed`` says whether the harm was sent by then."""

    number: int
    name: str
    harmed: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a struck run came to: how many undo entries stood, what ``squall undo`` said, what is wrong all the same.

    A run that went another way (not steady on a busy machine) may never have come to the step: ``reached`` is false.
    """

    point: Point
    reached: bool
    stood: int
    code: int
    said: str
    wrong: Sequence[str]


def points(case: str) -> list[Point]:
    """Return the steps of a run in which the fault bites; of those before the harm at most one for three after it."""
    with tempfile.TemporaryDirectory(prefix="squall-crash-") as folder:
        done = _victim(case, Path(folder), 0, "harness")
        assert done.returncode == 0, done.stderr
        names = (Path(folder) / "steps.txt").read_text().splitlines()
    assert any(name.startswith("after harm.effect") for name in names), "the fault did not bite"
    sent = next(number for number, name in enumerate(names) if name.startswith("before harm.sent "))
    every = [Point(number, name, number > sent + 1) for number, name in enumerate(names, start=1)]
    before, after = [p for p in every if not p.harmed], [p for p in every if p.harmed]
    few = max(1, len(after) // 3)
    spread = [before[round(index * (len(before) - 1) / max(1, few - 1))] for index in range(few)]
    return [*dict.fromkeys(spread), *after]


def struck(case: str, point: Point, blow: str) -> Outcome:
    """Strike a run there, let whoever is left undo it, and look at what stands all the same.

    A harness's guard undoes by itself; without one ``squall undo`` does, from a process of its own. A run that goes on
    undoes by itself what it can, and says what it cannot: that is left to ``squall undo`` then, like all else.
    """
    with tempfile.TemporaryDirectory(prefix="squall-crash-") as folder:
        runs = Path(folder)
        before = _fields(CASES[case])
        done = _victim(case, runs, point.number, blow)
        (run,) = [each for each in runs.iterdir() if each.is_dir()]
        log = UndoLog(run / "undo.jsonl")
        stood, wrong = len(log.standing()), list[str]()
        if blow in SURVIVED:
            verdict = runs / "verdict.txt"
            wrong += [] if verdict.exists() else [f"the run ended with exit code {done.returncode}: {done.stderr}"]
            said = verdict.read_text() if verdict.exists() else ""
            _wait_for_calm(CASES[case])
        else:
            said = ""
            wrong += [] if done.returncode == -9 else [f"it was not killed: {done.returncode}: {done.stderr}"]
        if blow == "harness":
            wrong += _eventually_none(lambda: [f"{e.about} stands, for the guard did nothing" for e in _standing(log)])
        command = [sys.executable, "-m", "squall", "undo", "--runs", str(runs)]
        undone = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=False)
        wrong += [f"{entry.about} stands" for entry in log.standing().values() if undone.returncode != 3]
        wrong += _left(CASES[case], run, before)
        reached = done.returncode == -9 or blow in SURVIVED
        return Outcome(point, reached, stood, undone.returncode, f"{said} {undone.stdout.strip()}", wrong)


def _standing(log: UndoLog) -> list[Undo]:
    return list(log.standing().values())


def _wait_for_calm(case: Case) -> None:
    """Wait until what was taken away from the cluster is back."""
    if case.platform == "local":
        return
    deadline = time.monotonic() + CALM_WITHIN
    while time.monotonic() < deadline:
        with closing(platform(case.platform, case.system(), case.context)) as on:
            try:
                on.check()
                if all(each.ready for s in case.system().services for each in on.instances(s)):
                    return
            except SquallError:
                pass
        time.sleep(1)


def _victim(case: str, runs: Path, step: int, blow: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.crash.victim", case, str(runs), str(step), blow]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=False)


def _fields(case: Case) -> Mapping[str, str]:
    if case.platform == "local":
        return {}
    with closing(platform(case.platform, case.system(), case.context)) as on:
        return on.baseline()


def _left(case: Case, run: Path, before: Mapping[str, str]) -> Iterator[str]:
    if case.platform == "local":
        yield from (f"the folder {path}" for path in _folders(run) if path.exists())
        yield from _eventually_none(lambda: [f"process {pid}" for pid in _processes(run)])
        return
    system = case.system()
    with closing(platform(case.platform, system, case.context)) as on:
        if before:
            difference = compare(before, on.baseline(), run.name)
            yield from (*difference.leftovers, *difference.changed)
        yield from _eventually_none(
            lambda: [f"{i.name} is not ready" for s in system.services for i in on.instances(s) if not i.ready]
        )
    yield from _journals(run.name)


def _folders(run: Path) -> list[Path]:
    said = (run / "undo.jsonl").read_text() if (run / "undo.jsonl").exists() else ""
    words = {word.strip('",}') for word in said.split() if PREFIX in word}
    return [Path(word) for word in words if word.startswith("/")]


def _processes(run: Path) -> list[str]:
    marks = [str(path).encode() for path in (run, *_folders(run))]
    found = []
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = words.read_bytes()
        except OSError:
            continue
        if any(mark in said for mark in marks):
            found.append(words.parent.name)
    return found


def _journals(run: str) -> Iterator[str]:
    path = path_of(Path("/var/lib/squall"), run)
    for node in WORKERS:
        done = subprocess.run(["docker", "exec", node, "test", "-e", str(path)], timeout=20, check=False)
        if done.returncode == 0:
            yield f"the agent's journal {path} on {node}"


def _eventually_none(left: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Wait a bounded time for others (kubelets, a keeper) to finish what they do by themselves."""
    deadline = time.monotonic() + READY_WITHIN
    while (found := left()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
