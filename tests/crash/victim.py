"""A run to which something happens at a step of its own: ``python -m tests.crash.victim CASE RUNS STEP WAY LASTS``.

A step is the moment before or after a line of the undo log or a line of the timeline that its main thread writes.
Step 0 is none: the run goes to its end, and RUNS/steps names all of them. RUNS/step names the one that it came to.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from pydantic import JsonValue as Json

from squall.assembly import platform
from squall.experiment import Experiment, Generator, Surroundings
from squall.guard import guarded
from squall.platforms.capability import Platform, Sink, Stores
from squall.platforms.kind import Kind
from squall.platforms.local import Local
from squall.probes.process import Prober
from squall.record import Event, RunFolder
from squall.scenario import Scenario
from squall.undo import UndoLog
from tests.crash.blows import Blow, end_harness, end_helpers
from tests.crash.cases import Case, cases
from tests.crash.cluster_blows import end_agents, freeze_api_server, stop_node
from tests.crash.local_ground import Ground
from tests.crash.store_ground import fill

# What others write (load, watch, heartbeats) is no step of the run.
STEPS = {"phase", "harm.sent", "harm.effect", "harm.ending", "harm.ended", "undo", "leftover", "changed", "void"}


class Steps:
    """Counts and names them, and does at one of them what is to be done; ``happens`` is told its name."""

    def __init__(self, last: int, happens: Callable[[str], None]) -> None:
        self._last, self._happens = last, happens
        self.names: list[str] = []

    def around(self, name: str, write: Callable[[], None]) -> None:
        """Write, with a step before and one after."""
        self._pass(f"before {name}")
        write()
        self._pass(f"after {name}")

    def _pass(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._last:
            self._happens(name)


class Probes:
    """Two probers: one of them writes the load's log. Locust would take longer to start than all the rest."""

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        return Prober.start(scenario.system.probe, url, folder.requests, _silent)

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        return Prober.start(scenario.system.probe, url, folder.probes, _silent)


def main(name: str, runs: Path, last: int, blow: Blow, lasts: float) -> None:
    """Carry it out."""
    case = cases()[name]
    scenario = case.scenario(lasts)
    append, write = RunFolder.append, UndoLog._append
    with closing(platform(case.platform, scenario.system, case.context)) as on:
        steps = Steps(last, lambda step: _happen(step, on, runs, blow))

        def told(folder: RunFolder, event: Event) -> None:
            if event.kind == "phase" and event.what["name"] == "start":
                _look(case, on, runs)
            if event.kind in STEPS:
                steps.around(f"{event.kind} {event.what.get('name', event.who)}", lambda: append(folder, event))
            else:
                append(folder, event)

        def noted(log: UndoLog, line: Mapping[str, object]) -> None:
            steps.around(f"undo log: {line['state']} {line.get('kind', line['entry'])}", lambda: write(log, line))

        with patch.object(RunFolder, "append", told), patch.object(UndoLog, "_append", noted):
            surroundings = Surroundings(on, Probes(), guard=guarded)
            judgement = Experiment(scenario, surroundings, RunFolder.create(runs, "killed")).run()
    sys.stdout.write(f"{judgement.headline}\n")
    (runs / "steps").write_text("\n".join(steps.names))


def _happen(step: str, on: Platform, runs: Path, blow: Blow) -> None:
    (runs / "step").write_text(step)
    if blow.ends_it:
        keeper = on._state.noted("keeper") if isinstance(on, Local) else None
        end_harness(blow, runs, keeper, _pipe(on) if isinstance(on, Local) else None)
    hits = _strike(blow, on, next(each.name for each in runs.iterdir() if each.is_dir()))
    (runs / "hits").write_text(str(hits))


def _strike(blow: Blow, on: Platform, run: str) -> int:
    """Strike a part of the run, and return how many were hit."""
    if not isinstance(on, Kind):
        return end_helpers() if blow is Blow.AGENT else 0
    if blow is Blow.AGENT:
        return end_helpers() + end_agents(on, run)
    if blow is Blow.API:
        return freeze_api_server(on)
    return stop_node(on, run)


def _pipe(on: Local) -> int | None:
    """Return the pipe whose end tells the keeper that the harness is gone."""
    keeper = on._running._keeper if on._running is not None else None
    return keeper._stdin.fileno() if keeper is not None else None


def _look(case: Case, on: Platform, runs: Path) -> None:
    """Give the cache its keys, and write down how everything is before the run does anything to it."""
    if case.fills is not None and isinstance(on, Stores):
        fill(on.stores()[case.fills].door)
    if isinstance(on, Local):
        Ground(on._system, on._state.path, on._up.ports.numbers).write(runs / "ground")


def _silent(kind: str, what: Mapping[str, Json]) -> None:
    pass


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Blow(sys.argv[4]), float(sys.argv[5]))
