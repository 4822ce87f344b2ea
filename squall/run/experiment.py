"""A run: prepare, steady, inject, observe, undo, hold. This module reads as that sentence; others know how."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from squall.claims.judge import judge
from squall.clock import SYSTEM, Clock
from squall.errors import CalledOff, HarnessFailed, InjectionFailed, Misuse, NoTargets, NotUp, TakenAway
from squall.load.rate import RunningLoad
from squall.platforms.capability import KeepsLogs, Platform, Tell
from squall.probes.calls import CallMonitor
from squall.probes.gauges import gauges_read
from squall.process.identity import claim_folder
from squall.record.event import PersonSaid, Settled, SteadyFound, TargetsServed
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.abort import requested_abort
from squall.run.alerts import Alerts, SilencesAlerts
from squall.run.blast_radius import exceeds_instances
from squall.run.cleanup import Cleanup
from squall.run.conductor import Conductor, Unconducted
from squall.run.early_end import EarlyEnd
from squall.run.execution import ScheduleRunner
from squall.run.heartbeat import heartbeats
from squall.run.plan import planned
from squall.run.preflight import absent_weakness, arrange, left_behind, permit, permit_counting
from squall.run.scenario import Scenario
from squall.run.schedule import Length, ScheduledFault, duration_of, instances, prepare, undo, warnings
from squall.run.signals import terminable, uninterrupted
from squall.run.steady_state import SteadyState, SteadyStateGate
from squall.run.targeting import candidates, make_schedule, unfit
from squall.run.timeline import WHO, Timeline
from squall.run.traffic import Generators, LoadAndProber
from squall.run.traffic_log import TrafficLog
from squall.verdict import Cause
from squall.waiting import poll

TICK = 0.25
INTERRUPTED = "interrupted before the observation was over"
# The last window is closed by the samples that follow it (s).
CLOSED = 0.6

Schedule = Sequence[ScheduledFault]
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an experiment is given: where it runs, what makes its traffic, its clock, and who hears how it goes."""

    platform: Platform
    generators: Generators
    clock: Clock = SYSTEM
    tell: Tell = lambda text: None
    # Who undoes if this process dies; entered before anything is done.
    guard: Callable[[Path], AbstractContextManager[None]] = lambda folder: nullcontext()
    silence: SilencesAlerts | None = None
    conductor: Conductor = field(default_factory=Unconducted)


class Experiment:
    """One run of one scenario; ``run`` is called once."""

    def __init__(self, scenario: Scenario, surroundings: Surroundings, folder: RunFolder) -> None:
        self._scenario, self._folder, self._run = scenario, folder, folder.path.name
        self._on, self._clock, self._guard = surroundings.platform, surroundings.clock, surroundings.guard
        self._conductor = surroundings.conductor
        self._timeline = Timeline(folder, self._clock, surroundings.tell)
        self._cleanup = Cleanup(self._on, folder, self._timeline, self._clock)
        self._alerts = Alerts(surroundings.silence, scenario, self._run, self._timeline)
        self._calls = CallMonitor(self._on, scenario.counted, folder.append, self._clock)
        users = RunningLoad(folder, scenario.rate, scenario.system.load.timeout, self._clock)
        self._traffic = LoadAndProber(surroundings.generators, scenario, folder, users)

    def run(self) -> Judgement:
        """Carry the scenario out and judge it.

        Raises:
            Misuse: the platform is not there, may not be harmed, or is held by another run; nothing was harmed.
            KeyboardInterrupt: after everything was undone and judged.
            NoTargets, InjectionFailed, HarnessFailed, OSError: before there was a plan; nothing was done.
            OSError: the record cannot be written.
        """
        claim_folder(self._folder.path)
        interrupted: BaseException | None = None
        with terminable():
            with self._guard(self._folder.path):
                try:
                    self._carry_out()
                except (NoTargets, InjectionFailed, CalledOff, HarnessFailed, OSError, KeyboardInterrupt) as error:
                    if isinstance(error, KeyboardInterrupt):
                        interrupted = error
                        self._cleanup.after_interruption()
                    if not self._folder.begun:
                        # Nothing was done and nothing planned: there is nothing to judge.
                        raise
                    self._timeline.void(*self._cause(error))
            with uninterrupted():
                # Whoever is impatient gets a verdict, too: that the run proves nothing, and why.
                judgement = judge(self._folder.load())
                unsaid = self._cleanup.unsaid(judgement.not_undone)
                judgement = replace(judgement, not_undone=(*judgement.not_undone, *unsaid))
                self._folder.write_judgement(judgement)
        if interrupted is not None:
            raise interrupted
        return judgement

    def _carry_out(self) -> None:
        self._permit()
        with self._cleanup.of_everything():
            self._deploy()
            schedule = self._choose()
            with self._cleanup.audited(), self._watched():
                with self._cleanup.of_the_harm():
                    self._prepare(schedule)
                    since = self._await_leave()
                    with self._calls.read():
                        if steady := self._steady(schedule, since):
                            self._inject(schedule)
                if steady:
                    self._hold()
                self._timeline.phase("done")

    def _permit(self) -> None:
        """Refuse what may not be done here. Touches nothing."""
        if isinstance(self._on, KeepsLogs):
            self._on.keep_logs(self._folder.path)
        self._on.check()
        self._alerts.check()
        if refused := absent_weakness(self._on, self._scenario) or left_behind(self._on):
            raise Misuse(refused)
        permit(self._on, self._scenario.fault)
        permit_counting(self._on, self._scenario.counted)
        arrange(self._on, self._scenario.fault, self._scenario.counted)

    def _deploy(self) -> None:
        """Bring the system up, under the lease of the run."""
        self._timeline.phase("prepare")
        self._folder.write_plan(planned(self._scenario, self._on, self._run))
        self._timeline.tell(f"deploying {self._scenario.system.name}{_with(self._scenario.weaknesses)}")
        # Before the lease: where that is a file, it is in a folder that the deployment's undo takes away.
        self._cleanup.write([*self._on.plan_deploy(self._run), *self._alerts.undo()])
        self._cleanup.keep(self._on.claim_run(self._run))
        self._on.deploy(self._scenario.weaknesses, self._timeline.tell)

    def _choose(self) -> Schedule:
        """Choose the targets, and write down what is going to be done to them and how it is undone."""
        self._timeline.phase("start")
        schedule = make_schedule(self._scenario, self._on, self._run, self._clock, traffic=self._traffic.users)
        if refused := self._exceeds(schedule):
            raise Misuse(refused)
        entries, warned = undo(schedule), warnings(schedule)
        entries += [entry for entry in self._calls.undo(self._run) if entry not in entries]
        self._folder.write_plan(planned(self._scenario, self._on, self._run, schedule, entries, warned))
        for text in warned:
            self._timeline.tell(f"warning: {text}")
        self._cleanup.write(entries)
        return schedule

    def _exceeds(self, schedule: Schedule) -> str:
        """Say why a schedule would harm too much of what there is now; empty: it would not."""
        among, wanted = candidates(self._scenario, self._on.instances), self._on.wanted
        refused = exceeds_instances(self._scenario.system, schedule, among, wanted)
        return refused or self._conductor.exceeds(schedule, among, wanted)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Record what the platform shows, gauges and heartbeats; load and prober are stopped at the end."""
        with ExitStack() as stack:
            stack.enter_context(gauges_read(self._on, self._scenario.system, self._folder, self._clock))
            stack.callback(self._on.watch(tuple(self._scenario.system.services), self._folder.append).stop)
            stack.enter_context(heartbeats(self._folder.append, self._on, self._clock))
            stack.enter_context(self._traffic.stopped())
            yield

    def _prepare(self, schedule: Schedule) -> None:
        """Start load and prober, and put in place what the faults need, side by side: each takes seconds."""
        url = self._on.users_url()
        with ThreadPoolExecutor() as pool:
            begun: list[Future[Any]] = [
                *self._traffic.start(url, pool),
                pool.submit(self._prepare_faults, schedule),
                pool.submit(self._alerts.silence, duration_of(schedule)),
            ]
        for each in begun:
            each.result()

    def _prepare_faults(self, schedule: Schedule) -> None:
        prepare(schedule)
        self._calls.open(self._run)

    def _await_leave(self) -> float:
        """Wait until who conducts the run lets it go on; return from when on the system has to be steady."""
        if not self._conductor.holds:
            return 0.0
        self._timeline.phase("leave")
        self._poll(self._conductor.may_begin, math.inf)
        return self._clock.now()

    def _steady(self, schedule: Schedule, since: float) -> bool:
        """Require the steady state, and targets that are still what was chosen. False: it is not so."""
        self._timeline.phase("steady")
        gate = SteadyStateGate(self._scenario, TrafficLog(self._scenario, self._folder), since)
        violation = self._poll(lambda: gate.violation(self._clock.now()), gate.patience, lambda found: found is None)
        if violation is not None:
            self._timeline.void(gate.cause, violation)
            return False
        self._timeline.write(SteadyFound(self._clock.now(), WHO, *gate.passed, gate.looks))
        if (served := gate.served([instance.name for instance in instances(schedule)])) is not None:
            self._timeline.write(TargetsServed(self._clock.now(), WHO, *served))
        if (why := unfit(instances(schedule), candidates(self._scenario, self._on.instances))) is not None:
            self._timeline.void(Cause.NOT_STEADY, why)
            return False
        return True

    def _inject(self, schedule: Schedule) -> None:
        """Inject the faults, and observe; nothing is observed if one target was not harmed."""
        self._timeline.phase("harm")
        self._traffic.users.begin_stages(self._scenario.load.stages)
        runner = ScheduleRunner(schedule, self._clock, self._timeline.harm, self._wait_until, self._exceeds)
        if runner.start() is not None:
            self._observe(runner, duration_of(schedule))

    def _observe(self, runner: ScheduleRunner, harm: Length) -> None:
        """Observe until the last claim can be decided: as long as planned, or until nothing could change a verdict."""
        self._timeline.phase("observe")
        began, length = runner.began, self._scenario.observed(harm)
        self._timeline.tell(f"observing for {began + length - self._clock.now():.0f}s")
        if not runner.run_rest():
            return
        length += runner.late
        self._wait_until(began + harm.over + runner.late)
        early_end = EarlyEnd(self._scenario, self._folder, began)
        if self._poll(lambda: early_end.may_end(self._clock.now()), began + length - self._clock.now()):
            now = self._clock.now()
            after = now - began
            self._timeline.write(Settled(now, WHO, round(after, 3), length, early_end.settled))
            self._timeline.tell(f"after {after:.0f}s nothing could change a verdict any more")
        runner.check_reverted()

    def _hold(self) -> None:
        """Stay until the steady state was kept for the hold length, or the patience is over."""
        self._timeline.phase("hold")
        steady, log = self._scenario.system.steady, TrafficLog(self._scenario, self._folder)
        state = SteadyState(self._scenario, log, since=self._clock.now(), window=steady.hold)
        self._poll(lambda: state.kept(self._clock.now()), steady.hold + steady.patience)
        self._wait_until(self._clock.now() + CLOSED)

    def _wait_until(self, moment: float) -> None:
        self._poll(lambda: False, moment - self._clock.now())

    def _poll(self, look: Callable[[], Seen], within: float, done: Callable[[Seen], bool] = bool) -> Seen:
        """Poll, and raise HarnessFailed if load or prober end meanwhile."""

        def looked() -> Seen:
            self._traffic.check()
            return look()

        return poll(looked, within=within, every=TICK, clock=self._clock, done=done)

    def _cause(self, error: BaseException) -> tuple[Cause, str]:
        cause = next((cause for kind, cause in _CAUSES.items() if isinstance(error, kind)), None)
        return (Cause.ABORTED, self._why_interrupted()) if cause is None else (cause, str(error))

    def _why_interrupted(self) -> str:
        if (asked := requested_abort(self._folder.path)) is not None:
            self._timeline.write(PersonSaid(asked.t, asked.who, "abort", asked.why))
            return str(asked)
        return self._conductor.why_interrupted() or INTERRUPTED


_CAUSES: Mapping[type[BaseException], Cause] = {
    NoTargets: Cause.NO_TARGET,
    InjectionFailed: Cause.NO_EFFECT,
    CalledOff: Cause.ABORTED,
    NotUp: Cause.NOT_STEADY,
    TakenAway: Cause.CHANGED_BY_OTHERS,
    HarnessFailed: Cause.HARNESS_ERROR,
    # A full disk, too many open files, a folder that was taken away.
    OSError: Cause.HARNESS_ERROR,
}


def _with(weaknesses: Sequence[str]) -> str:
    return f" with the weakness {', '.join(weaknesses)}" if weaknesses else ""
