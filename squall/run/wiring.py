"""Puts a run together from its parts and carries it out: down once, and back with a run that is judged.

The only place that knows which platforms there are, and what load and prober are.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue as Json

from squall.claims.judge import judge
from squall.clock import SYSTEM
from squall.errors import HarnessFailed, Misuse, NotOffered, NotUndone
from squall.load.process import LoadProcess
from squall.load.workers import LoadWorkers
from squall.platforms.alertmanager import AlertSilence
from squall.platforms.capability import Platform, Sink, Tell
from squall.probes.process import ProberProcess
from squall.record import line
from squall.record.event import RunVoided
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.conductor import Conductor, Unconducted
from squall.run.experiment import Experiment, Surroundings
from squall.run.guard import guarded
from squall.run.preflight import skipped
from squall.run.scenario import Scenario
from squall.run.traffic import Generator
from squall.safety.undo_log import UndoLog
from squall.system.system import System
from squall.verdict import Cause

Maker = Callable[[System, str | None, Collection[str]], Platform]


def _kind(system: System, context: str | None, allowed: Collection[str]) -> Platform:
    from squall.platforms.kind.platform import Kind

    return Kind(system, context)


def _kubernetes(system: System, context: str | None, allowed: Collection[str]) -> Platform:
    from squall.platforms.kubernetes.allowed import Kubernetes

    return Kubernetes(system, context, allowed)


def _local(system: System, context: str | None, allowed: Collection[str]) -> Platform:
    from squall.platforms.processes.platform import LocalPlatform

    return LocalPlatform(system, context)


def _compose(system: System, context: str | None, allowed: Collection[str]) -> Platform:
    from squall.platforms.containers.platform import ComposePlatform

    return ComposePlatform(system, context)


PLATFORMS: Mapping[str, Maker] = {
    "kind": _kind, "kubernetes": _kubernetes, "local": _local, "compose": _compose,
}  # fmt: skip


class Processes:
    """LoadProcess and prober as processes of their own; ``base`` is the folder that locustfiles are relative to."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        """Start Locust with the system's locustfile, at the scenario's rate."""
        given: dict[str, Any] = {
            "load": scenario.system.load, "url": url, "samples": folder.requests, "tell": _into(sink, "load"),
            "seed": scenario.seed, "rate": scenario.rate, "plan": scenario.load, "root": self._base,
            "run": folder.path.name, "tls": scenario.system.tls,
        }  # fmt: skip
        count = scenario.load.workers
        return LoadProcess.start(**given) if count == 1 else LoadWorkers.start(count, **given)

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        """Start the prober."""
        probe, tls = scenario.system.probe, scenario.system.tls
        return ProberProcess.start(
            probe, url, folder.probes, _into(sink, "prober"), folder.path.name, tls=tls, root=self._base
        )


def _into(sink: Sink, who: str) -> Callable[[str, Mapping[str, Json]], None]:
    def tell(kind: str, what: Mapping[str, Json]) -> None:
        sink(line.event(SYSTEM.now(), kind, who, what))

    return tell


def platform(name: str, system: System, context: str | None, allowed: Collection[str] = ()) -> Platform:
    """Return the platform of that name for a system; ``allowed`` are the contexts that may be harmed besides kind's.

    Raises:
        Misuse: there is no such platform, or the system does not run on it.
    """
    if (maker := PLATFORMS.get(name)) is None:
        raise Misuse(f"there is no platform {name!r} (known: {', '.join(PLATFORMS)})")
    return maker(system, context, allowed)


def silence(system: System, name: str) -> AlertSilence | None:
    """Return the silence of a run on the platform of that name, if the system file asks for one."""
    at = system.platforms.alertmanager(name)
    return None if at is None else AlertSilence(at)


def surroundings(scenario: Scenario, on: Platform, tell: Tell, conductor: Conductor) -> Surroundings:
    """Return what a run on a platform is given: real processes, the machine's clock, a guard."""
    traffic, quiet = Processes(scenario.system.root), silence(scenario.system, on.name)
    return Surroundings(on, traffic, tell=tell, guard=guarded, silence=quiet, conductor=conductor)


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where scenarios are run, and what their records are put into."""

    platform: str
    context: str | None
    allowed: Collection[str]
    runs: Path


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that is undone, judged and written down; ``cut_off`` is what ended it early: a person, or a time limit."""

    folder: RunFolder
    judgement: Judgement
    cut_off: BaseException | None = None


Watching = Callable[[RunFolder], AbstractContextManager[Tell]]


def carry_out(
    scenario: Scenario, where: RunPlace, watching: Watching, conductor: Conductor | None = None
) -> FinishedRun:
    """Run a scenario into a folder of its own, and judge it, also if it is cut off.

    ``watching`` is entered with the folder, and gives what hears how the run goes. Without a ``conductor`` the harm
    begins as soon as the system is steady.

    Raises:
        NotOffered: the platform has not what the scenario needs; nothing was done.
        Misuse: the platform is not there, may not be harmed, or is held by another run; nothing was harmed.
        HarnessFailed: the record cannot be written; what was done is undone.
        NotUndone: the record cannot be written, and something is still active, or could not be noted as undone.
    """
    on = platform(where.platform, scenario.system, where.context, where.allowed)
    with closing(on):
        if reason := skipped(on, scenario):
            raise NotOffered(reason)
        folder = RunFolder.create(where.runs, scenario.title)
        try:
            with watching(folder) as tell:
                given = surroundings(scenario, on, tell, conductor or Unconducted())
                return FinishedRun(folder, Experiment(scenario, given, folder).run())
        except OSError as error:
            doing = f"writing the record of the run in {folder.path}: {error}"
            if still_open := [undo.about for undo in UndoLog(folder.undo).open_entries().values()]:
                raise NotUndone(
                    f"{doing}; not noted as undone: {', '.join(still_open)}: make room, squall undo"
                ) from error
            raise HarnessFailed(doing) from error
        except Exception:
            raise
        except BaseException as error:
            # Without a plan nothing was done, and there is nothing to tell.
            if not folder.begun:
                raise
            return FinishedRun(folder, _aborted(folder), error)


def _aborted(folder: RunFolder) -> Judgement:
    """Return the judgement of a run that was cut off, whoever did it; what it saw until then proves nothing."""
    if not folder.judged:
        folder.append(RunVoided(SYSTEM.now(), "squall", Cause.ABORTED, "cut off before the observation was over"))
        folder.write_judgement(judge(folder.load()))
    return folder.judgement()
