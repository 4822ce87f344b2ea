"""A run of a case, step by step: somebody is called at each, in the run's own process, and may do what he likes.

A step is the moment before or after a line of the undo log or a line of the timeline that the run's main thread writes.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from pydantic import JsonValue as Json

from squall.platforms.capability import Platform, Sink
from squall.probes.process import ProberProcess
from squall.record.event import Event
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.record.line import details
from squall.run.experiment import Experiment, Surroundings
from squall.run.guard import guarded
from squall.run.scenario import Scenario
from squall.run.traffic import Generator
from squall.run.wiring import platform
from squall.safety.undo_log import UndoLog
from tests.crash.cases import Case

# What others write (load, watch, heartbeats) is no step of the run.
STEPS = {"phase", "harm.sent", "harm.effect", "harm.ending", "harm.ended", "undo", "leftover", "changed", "void"}
# What tells the pods of a Deployment apart, and one run from another.
POD = re.compile(r"-[a-z0-9]{8,10}-[a-z0-9]{5}$")

Passed = Callable[[Platform, str], None]


class Probes:
    """Two probers: one of them writes the load's log. Locust would take longer to start than all the rest."""

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        return ProberProcess.start(scenario.system.probe, url, folder.requests, _silent)

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        return ProberProcess.start(scenario.system.probe, url, folder.probes, _silent)


def stepped(case: Case, lasts: float, runs: Path, passed: Passed) -> Judgement:
    """Carry a case out into a folder below ``runs``; ``passed`` is told the platform and the name of each step."""
    scenario = case.scenario(lasts)
    append, write = RunFolder.append, UndoLog._append
    with closing(platform(case.platform, scenario.system, case.context)) as on:

        def around(name: str, do: Callable[[], None]) -> None:
            passed(on, f"before {name}")
            do()
            passed(on, f"after {name}")

        def told(folder: RunFolder, event: Event) -> None:
            if event.kind in STEPS:
                named = POD.sub("", str(details(event).get("name", event.who)))
                around(f"{event.kind} {named}", lambda: append(folder, event))
            else:
                append(folder, event)

        def noted(log: UndoLog, line: Mapping[str, object]) -> None:
            around(f"undo log: {line['state']} {line.get('kind', line['entry'])}", lambda: write(log, line))

        with patch.object(RunFolder, "append", told), patch.object(UndoLog, "_append", noted):
            surroundings = Surroundings(on, Probes(), guard=guarded)
            return Experiment(scenario, surroundings, RunFolder.create(runs, "killed")).run()


def _silent(kind: str, what: Mapping[str, Json]) -> None:
    pass
