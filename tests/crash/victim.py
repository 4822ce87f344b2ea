"""A run that is struck at a step of its own: ``python -m tests.crash.victim CASE RUNS STEP BLOW``.

A step is the moment before or after a line of the undo log or a line of the timeline that its main thread writes.
Step 0 is none: the run goes to its end. RUNS/steps.txt names all of them, RUNS/verdict.txt what it came to.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import psycopg
import redis
from pydantic import JsonValue as Json

from squall.assembly import platform
from squall.experiment import Experiment, Generator, Surroundings
from squall.guard import guarded
from squall.platforms.capability import Platform, Sink
from squall.platforms.local import Local
from squall.platforms.stores.door import Loopback
from squall.probes.process import Prober
from squall.record import Event, RunFolder
from squall.scenario import Scenario
from squall.undo import UndoLog
from tests.crash.blows import BLOWS
from tests.crash.cases import CASES

# What others write (load, watch, heartbeats) is no step of the run.
HELD: list[psycopg.Connection[tuple[object, ...]]] = []
STEPS = {"phase", "harm.sent", "harm.effect", "harm.ending", "harm.ended", "undo", "leftover", "changed", "void"}


class Steps:
    """Counts, names and strikes."""

    def __init__(self, last: int, strike: Callable[[], None]) -> None:
        self._last, self._strike = last, strike
        self.names: list[str] = []

    def around(self, name: str, write: Callable[[], None]) -> None:
        """Write, with a step before and one after."""
        self._pass(f"before {name}")
        write()
        self._pass(f"after {name}")

    def _pass(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._last:
            self._strike()


class Probes:
    """Two probers: one of them writes the load's log. Locust would take longer to start than all the rest.

    The stores of local get what harms to them need: keys, and a session of the application's.
    """

    def __init__(self, on: Platform) -> None:
        self._on = on

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        if isinstance(self._on, Local):
            use(self._on)
        return Prober.start(scenario.system.probe, url, folder.requests, _silent)

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        return Prober.start(scenario.system.probe, url, folder.probes, _silent)


def use(on: Local) -> None:
    documents, cache = (on.stores()[name].door.place for name in ("documents", "cache"))
    assert isinstance(documents, Loopback)
    assert isinstance(cache, Loopback)
    HELD.append(psycopg.connect(host="127.0.0.1", port=documents.port, user="reader", dbname="postgres"))
    with redis.Redis(port=cache.port) as client:
        client.mset({f"key {number}": "x" * 1000 for number in range(200)})


def main(case: str, runs: Path, last: int, blow: str) -> None:
    steps = Steps(last, lambda: BLOWS[blow](CASES[case]))
    append, write = RunFolder.append, UndoLog._append

    def told(folder: RunFolder, event: Event) -> None:
        if event.kind in STEPS:
            name = f"{event.kind} {event.what.get('name', event.who)}"
            steps.around(name, lambda: append(folder, event))
        else:
            append(folder, event)

    def noted(log: UndoLog, line: Mapping[str, object]) -> None:
        name = f"undo log: {line['state']} {line.get('kind', line['entry'])}"
        steps.around(name, lambda: write(log, line))

    chosen = CASES[case]
    scenario = chosen.scenario()
    with (
        patch.object(RunFolder, "append", told),
        patch.object(UndoLog, "_append", noted),
        closing(platform(chosen.platform, scenario.system, chosen.context)) as on,
    ):
        judgement = Experiment(
            scenario, Surroundings(on, Probes(on), guard=guarded), RunFolder.create(runs, "killed")
        ).run()
    said = judgement.headline
    (runs / "verdict.txt").write_text(f"{said.verdict.name} {said.cause or ''}: {said.reason}; {judgement.not_undone}")
    (runs / "steps.txt").write_text("\n".join(steps.names))


def _silent(kind: str, what: Mapping[str, Json]) -> None:
    pass


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
