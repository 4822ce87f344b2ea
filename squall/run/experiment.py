"""A run: steady, harm, observe, undo, hold, judge. This module reads as that sentence; others know how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from squall.claims.judge import judge
from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, InjectionFailed, Misuse, NoTargets, SquallError
from squall.instances import Instance
from squall.load.rate import RunningLoad
from squall.platforms.capability import Platform, Sink, Tell
from squall.probes.calls import Doors
from squall.probes.gauges import gauges_read
from squall.process.identity import claim_folder
from squall.record.event import (
    ChangedByOthers,
    Event,
    HarmConfirmed,
    HarmEffect,
    HarmEnded,
    LeftoverFound,
    Noted,
    Outcome,
    PhaseBegan,
    RunVoided,
    Settled,
    UndoReplayed,
)
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.blast_radius import exceeds_instances
from squall.run.early_end import EarlyEnd
from squall.run.execution import ScheduleRunner
from squall.run.heartbeat import heartbeats
from squall.run.plan import planned
from squall.run.preflight import arrange, permit, permit_doors
from squall.run.scenario import Scenario
from squall.run.schedule import ScheduledFault, duration_of, instances, prepare, undo, warnings
from squall.run.signals import terminable, uninterrupted
from squall.run.steady_state import SteadyState
from squall.run.targeting import candidates, make_schedule
from squall.safety.audit import compare
from squall.safety.undo_log import Undo, UndoLog
from squall.verdict import Cause

TICK = 0.25
# Kubernetes forgets a container's restarts (its back-off) after ten minutes; before that a crash is not the first.
FRESH = 600.0
# What a run may take besides what is planned, while alerts about it are silenced: each undo takes some.
SPARE = 120.0


class Generator(Protocol):
    """A process that sends requests on a schedule: the load, or the prober."""

    def stop(self) -> None:
        """End it, and return when its log is complete."""
        ...

    def failure(self) -> str | None:
        """Say why it is no longer running, or None while it is."""
        ...


class Generators(Protocol):
    """How load and prober are started; each returns once it has sent its first request."""

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        """Start the scenario's load."""
        ...

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        """Start the prober."""
        ...


class Silence(Protocol):
    """Keeps alerts about what is done on purpose from calling anybody."""

    def check(self) -> None:
        """Raise Misuse if it cannot."""
        ...

    def undo(self, run: str) -> Sequence[Undo]:
        """Return how it is ended."""
        ...

    def begin(self, run: str, what: str, lasts: float) -> str:
        """Begin it, for so many seconds at the most, and return what to say of it. Raises HarnessFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an experiment is given: where it runs, what makes its traffic, its clock, and who is told how it goes."""

    platform: Platform
    generators: Generators
    clock: Clock = SYSTEM
    tell: Tell = lambda text: None
    # Who undoes if this process dies; entered before anything is done.
    guard: Callable[[Path], AbstractContextManager[None]] = lambda folder: nullcontext()
    silence: Silence | None = None


class Experiment:
    """One run of one scenario; ``run`` is called once."""

    def __init__(self, scenario: Scenario, surroundings: Surroundings, folder: RunFolder) -> None:
        self._scenario, self._folder = scenario, folder
        self._platform, self._generators = surroundings.platform, surroundings.generators
        self._clock, self._tell = surroundings.clock, surroundings.tell
        self._guard, self._silence = surroundings.guard, surroundings.silence
        self._run = folder.path.name
        self._log = UndoLog(folder.undo)
        # The last entry of the undo log that outlasts the harm: the lease, and what a deployment started.
        self._kept: int = 0
        self._running: list[Generator] = []
        self._doors = Doors(self._platform, scenario.doors, folder.append, self._clock)
        self._users = RunningLoad(folder, scenario.rate, scenario.system.load.timeout, self._clock)
        self._harmed = False

    def run(self) -> Judgement:
        """Carry the scenario out and judge it.

        Raises:
            Misuse: the platform is not there, may not be harmed, or is held by another run; nothing was harmed.
            KeyboardInterrupt: after everything was undone and judged.
        """
        claim_folder(self._folder.path)
        interrupted: KeyboardInterrupt | None = None
        with terminable(), self._guard(self._folder.path):
            try:
                self._carry_out()
            except NoTargets as error:
                self._void(Cause.NO_TARGET, str(error))
            except InjectionFailed as error:
                self._void(Cause.NO_EFFECT, str(error))
            except HarnessFailed as error:
                self._void(Cause.HARNESS_ERROR, str(error))
            except KeyboardInterrupt as error:
                self._void(Cause.ABORTED, "interrupted before the observation was over")
                interrupted = error
        judgement = judge(self._folder.load())
        self._folder.write_judgement(judgement)
        if interrupted is not None:
            raise interrupted
        return judgement

    def _carry_out(self) -> None:
        self._platform.check()
        if self._silence is not None:
            self._silence.check()
        permit(self._platform, self._scenario.fault)
        permit_doors(self._platform, self._scenario.doors)
        arrange(self._platform, self._scenario.fault, self._scenario.doors)
        self._phase("prepare")
        self._folder.write_plan(planned(self._scenario, self._platform, self._run))
        self._tell(f"deploying {self._scenario.system.name}{_with(self._scenario.weaknesses)}")
        try:
            # Before the lease: where that is a file, it is in a folder that the deployment's undo takes away.
            for entry in self._platform.plan_deploy(self._run):
                self._log.open(entry)
            for entry in self._silence.undo(self._run) if self._silence is not None else ():
                self._log.open(entry)
            self._kept = self._log.open(self._platform.claim_run(self._run))
            self._platform.deploy(self._scenario.weaknesses, self._tell)
            self._phase("start")
            schedule = make_schedule(self._scenario, self._platform, self._run, self._clock, traffic=self._users)
            self._check_blast_radius(schedule)
            entries, warned = undo(schedule), warnings(schedule)
            entries += [entry for entry in self._doors.undo(self._run) if entry not in entries]
            self._folder.write_plan(planned(self._scenario, self._platform, self._run, schedule, entries, warned))
            for text in warned:
                self._tell(f"warning: {text}")
            baseline = self._platform.baseline()
            with gauges_read(self._platform, self._scenario.system, self._folder, self._clock):
                self._under_load(schedule, entries)
            self._audit(baseline)
        finally:
            with uninterrupted():
                self._replay(above=0)

    def _under_load(self, schedule: Sequence[ScheduledFault], entries: Sequence[Undo]) -> None:
        watching = self._platform.watch(tuple(self._scenario.system.services), self._folder.append)
        try:
            for entry in entries:
                self._log.open(entry)
            with heartbeats(self._folder.append), self._traffic():
                try:
                    self._start_all(schedule)
                    with self._doors.read():
                        if self._steady(schedule):
                            self._harm(schedule)
                finally:
                    with uninterrupted():
                        self._phase("undo")
                        self._replay(above=self._kept)
                if self._harmed:
                    self._hold()
        finally:
            watching.stop()
        self._phase("done")

    def _check_blast_radius(self, schedule: Sequence[ScheduledFault]) -> None:
        """Raise Misuse if more would be harmed than is permitted."""
        among = candidates(self._scenario, self._platform.instances)
        if refused := exceeds_instances(self._scenario.system, schedule, among, self._platform.wanted):
            raise Misuse(refused)

    def _steady(self, schedule: Sequence[ScheduledFault]) -> bool:
        self._phase("steady")
        gate = SteadyState(self._scenario, self._folder)
        deadline = self._clock.now() + gate.window + self._scenario.system.steady.patience
        while (violation := gate.violation(self._clock.now())) is not None:
            if self._clock.now() > deadline:
                self._void(gate.cause, violation)
                return False
            self._wait(TICK)
        now = candidates(self._scenario, self._platform.instances)
        if (changed := _changed(instances(schedule), now)) is not None:
            self._void(Cause.NOT_STEADY, changed)
            return False
        return True

    def _harm(self, schedule: Sequence[ScheduledFault]) -> None:
        """Harm, and watch until the last claim can be decided; nothing is watched if one target was not harmed."""
        self._phase("harm")
        self._harmed = True
        runner = ScheduleRunner(schedule, self._clock, self._noted, self._until)
        if (began := runner.start()) is None:
            return
        self._phase("observe")
        harm = duration_of(schedule)
        length = self._scenario.observed(harm)
        self._tell(f"observing for {began + length - self._clock.now():.0f}s")
        if runner.run_rest():
            self._observe(began, harm.over + runner.late, length + runner.late)
            runner.check_reverted()

    def _observe(self, began: float, over: float, length: float) -> None:
        """Watch from the end of the harm until nothing could change a verdict any more, or as long as planned."""
        self._until(began + over)
        early_end = EarlyEnd(self._scenario, self._folder, began)
        self._until(began + length, lambda: early_end.may_end(self._clock.now()))
        if (now := self._clock.now()) < began + length:
            self._folder.append(Settled(now, "squall", round(now - began, 3), length))
            self._tell(f"after {now - began:.0f}s nothing could change a verdict any more")

    def _until(self, moment: float, enough: Callable[[], bool] = lambda: False) -> None:
        while (left := moment - self._clock.now()) > 0 and not enough():
            self._wait(min(TICK, left))

    def _noted(self, event: Event) -> None:
        """Write an event of the harm down, and say how it went at a target."""
        self._folder.append(event)
        if isinstance(event, HarmEffect | HarmConfirmed | HarmEnded):
            self._tell(f"{event.who}: {event.how}")

    def _hold(self) -> None:
        """Stay until the steady state has stood for the hold length, or the patience is over."""
        self._phase("hold")
        gate = SteadyState(
            self._scenario, self._folder, since=self._clock.now(), window=self._scenario.system.steady.hold
        )
        deadline = self._clock.now() + gate.window + self._scenario.system.steady.patience
        while gate.violation(self._clock.now()) is not None and self._clock.now() < deadline:
            self._wait(TICK)

    def _wait(self, seconds: float) -> None:
        for generator in self._running:
            if (failure := generator.failure()) is not None:
                raise HarnessFailed(failure)
        self._clock.sleep(seconds)

    def _audit(self, baseline: Mapping[str, str]) -> None:
        difference = compare(baseline, self._platform.baseline(), self._run)
        for text in difference.leftovers:
            self._folder.append(LeftoverFound(self._clock.now(), "squall", text))
        for text in difference.changed:
            self._folder.append(ChangedByOthers(self._clock.now(), "squall", text))

    def _replay(self, above: int) -> None:
        for entry, outcome in self._log.replay(above):
            if isinstance(outcome, SquallError):
                self._undone(entry, "standing", str(outcome))
                self._folder.append(LeftoverFound(self._clock.now(), entry.kind, f"{entry.about}: {outcome}"))
            else:
                self._undone(entry, "undone", outcome)

    def _undone(self, entry: Undo, state: Outcome, proof: str) -> None:
        self._folder.append(UndoReplayed(self._clock.now(), entry.kind, state, proof, entry.about))

    @contextmanager
    def _traffic(self) -> Iterator[None]:
        """Stop whatever traffic was started, however the block ends."""
        try:
            yield
        finally:
            with uninterrupted():
                for generator in reversed(self._running):
                    generator.stop()

    def _start_all(self, schedule: Sequence[ScheduledFault]) -> None:
        """Start load and prober and prepare the harm side by side: each takes seconds on its own."""
        url, scenario, folder = self._platform.users_url(), self._scenario, self._folder

        def start(kind: Callable[[Scenario, str, RunFolder, Sink], Generator]) -> Generator:
            generator = kind(scenario, url, folder, folder.append)
            self._running.append(generator)
            return generator

        with ThreadPoolExecutor() as pool:
            load, prober = pool.submit(start, self._generators.load), pool.submit(start, self._generators.prober)
            prepared = pool.submit(self._prepare, schedule)
            silent = pool.submit(self._be_silent, schedule)
        self._users.load = load.result()
        prober.result()
        prepared.result()
        silent.result()

    def _be_silent(self, schedule: Sequence[ScheduledFault]) -> None:
        """Silence alerts until the run is over, however long it takes to be steady before and after."""
        if self._silence is None:
            return
        steady, observed = self._scenario.system.steady, self._scenario.observed(duration_of(schedule))
        lasts = steady.window + steady.patience + observed + steady.hold + steady.patience + SPARE
        said = self._silence.begin(self._run, f"squall: {self._scenario.fault.describe()} ({self._run})", lasts)
        self._folder.append(Noted(self._clock.now(), "squall", said))
        self._tell(said)

    def _prepare(self, schedule: Sequence[ScheduledFault]) -> None:
        prepare(schedule)
        self._doors.open(self._run)

    def _void(self, cause: Cause, reason: str) -> None:
        self._folder.append(RunVoided(self._clock.now(), "squall", cause, reason))
        self._tell(f"{cause}: {reason}")

    def _phase(self, name: str) -> None:
        self._folder.append(PhaseBegan(self._clock.now(), "squall", name))


def _with(weaknesses: Sequence[str]) -> str:
    return f" with the weakness {', '.join(weaknesses)}" if weaknesses else ""


def _changed(chosen: Sequence[Instance], now: Sequence[Instance]) -> str | None:
    """Say which chosen instance is no longer what was chosen, or was not fresh to begin with."""
    by_name = {instance.name: instance for instance in now}
    for before in chosen:
        after = by_name.get(before.name)
        if after is None or after.incarnation != before.incarnation:
            return f"{before.name} was replaced before it was harmed"
        if not after.ready or after.backing_off:
            return f"{before.name} is {'backing off' if after.backing_off else 'not ready'}"
        if after.restarted is not None and after.restarted < FRESH:
            return f"{before.name} restarted {after.restarted:.0f}s ago"
    return None
