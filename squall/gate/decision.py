"""Whether the gate is open: a policy held against evidence. Pure; today is an argument."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from squall.errors import ExitCode
from squall.figures import counted
from squall.gate.evidence import ExpectedScenario, GateEvidence, JudgedRun
from squall.gate.policy import ONCE, Policy, Quarantine, Repeats
from squall.report.wording import line
from squall.verdict import Verdict

_UNPROVEN = "nothing was proven: no promise was HELD"


@dataclass(frozen=True, slots=True)
class GateEntry:
    """One scenario at the gate: HELD lets it through. ``counts`` is what its runs came to, ``reason`` what of it."""

    scenario: ExpectedScenario
    verdict: Verdict
    reason: str
    runs: Sequence[JudgedRun] = ()
    proves: bool = False

    @property
    def counts(self) -> str:
        """What its runs came to: ``4 HELD, 1 BROKEN``."""
        of = Counter(run.verdict for run in self.runs)
        return ", ".join(f"{number} {verdict.name}" for verdict, number in sorted(of.items())) or "not run"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a gate came to. ``regressions`` are figures that got worse; ``problems`` close it whatever was found.

    ``code`` is the exit code that ended it before anything could be decided (misuse, an abort, the harness); None
    otherwise.
    """

    entries: Sequence[GateEntry] = ()
    regressions: Sequence[str] = ()
    problems: Sequence[str] = ()
    not_undone: Sequence[str] = ()
    code: ExitCode | None = None
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def closed_by(self) -> list[str]:
        """Why it is closed, a line for each reason; empty: it is open."""
        said = [f"not undone: {each}" for each in self.not_undone] + list(self.problems)
        said += [f"{each.scenario.title}: {each.reason}" for each in self.entries if each.verdict is not Verdict.HELD]
        said += self.regressions
        if not any(each.proves for each in self.entries):
            said += [_UNPROVEN] if self.entries else ["nothing was selected"] if not said else []
        return said

    @property
    def open(self) -> bool:
        """Whether what it is about may go on."""
        return not self.closed_by and self.code is None

    @property
    def exit_code(self) -> ExitCode:
        """What a command ends with: the same as ``squall run``, and 1 for whatever else the policy does not permit."""
        if self.not_undone:
            return ExitCode.NOT_UNDONE
        if self.code is not None:
            return self.code
        if self.problems:
            return ExitCode.HARNESS_FAILED
        if self.regressions or any(each.verdict is Verdict.BROKEN for each in self.entries):
            return ExitCode.BROKEN
        return ExitCode.INCONCLUSIVE if self.closed_by else ExitCode.HELD


def decide(policy: Policy, evidence: GateEvidence, today: date, regressions: Sequence[str] = ()) -> Decision:
    """Return what the gate comes to; ``regressions`` are lines of what got worse than the policy's baseline."""
    entries = [_entry(policy, evidence, scenario, today) for scenario in evidence.scenarios]
    known = {scenario.key for scenario in evidence.scenarios}
    strange = [run for run in evidence.runs if run.key not in known]
    problems = [*evidence.problems, *(f"{run.folder}: its scenario is not among those selected" for run in strange)]
    not_undone = [each for run in evidence.runs for each in run.judgement.not_undone]
    missing = list(_missing(policy, evidence.scenarios))
    return Decision([*entries, *missing], regressions, problems, not_undone)


def _missing(policy: Policy, scenarios: Sequence[ExpectedScenario]) -> Iterator[GateEntry]:
    """Yield what must hold and is not even selected."""
    selected = {name for scenario in scenarios for name in scenario.names}
    for name in policy.must_hold if policy.must_hold != "all" else ():
        if name not in selected:
            reason = "must hold, and was not selected"
            yield GateEntry(ExpectedScenario("", name, ()), Verdict.INCONCLUSIVE, reason)


def _entry(policy: Policy, evidence: GateEvidence, scenario: ExpectedScenario, today: date) -> GateEntry:
    runs = [run for run in evidence.runs if run.key == scenario.key]
    held = next((each for each in policy.quarantine if each.promise in scenario.names), None)
    if held is not None:
        return GateEntry(scenario, *_quarantined(held, today), runs)
    if not runs and (why := evidence.skipped.get(scenario.key)) is not None:
        return _skipped(policy, scenario, why)
    wanted = repeats_of(policy, scenario)
    number = wanted.runs * scenario.items
    if len(runs) != number:
        return GateEntry(scenario, Verdict.INCONCLUSIVE, _number(len(runs), number), runs)
    needed = number - (wanted.runs - wanted.held) * scenario.items
    twin = not set(policy.expected_to_break).isdisjoint(scenario.tags)
    verdict = _of_distribution(runs, needed, Verdict.BROKEN if twin else Verdict.HELD)
    reason = _said(runs, needed, twin)
    if twin or verdict is Verdict.HELD:
        return GateEntry(scenario, verdict, reason, runs, proves=verdict is Verdict.HELD and not twin)
    return GateEntry(scenario, *_tolerated(policy, scenario, verdict, reason), runs)


def _quarantined(one: Quarantine, today: date) -> tuple[Verdict, str]:
    whose = f"{one.owner}: {one.reason}"
    if today > one.until:
        return Verdict.BROKEN, f"its quarantine ended on {one.until} ({whose}); mend it, or agree on another day"
    return Verdict.HELD, f"in quarantine through {one.until}, and does not count ({whose})"


def _skipped(policy: Policy, scenario: ExpectedScenario, why: str) -> GateEntry:
    if scenario.names.isdisjoint(policy.may_be_skipped):
        reason = f"was skipped: {why}; may_be_skipped would permit it"
        return GateEntry(scenario, Verdict.INCONCLUSIVE, reason)
    return GateEntry(scenario, Verdict.HELD, f"was skipped, as it may be: {why}")


def repeats_of(policy: Policy, scenario: ExpectedScenario) -> Repeats:
    """Return how often a scenario is run, and how many of the runs must hold: the strictest that the policy says."""
    said = [each for name, each in policy.repeats.items() if name in scenario.names]
    return max(said, key=lambda each: (each.runs, each.held), default=ONCE)


def _number(made: int, wanted: int) -> str:
    if not made:
        return "no run of it was made"
    if made < wanted:
        return f"{made} of {counted(wanted, 'run')} were made"
    return f"{counted(made, 'run')} where the policy says {wanted}: which of them count is not to be chosen afterwards"


def _of_distribution(runs: Sequence[JudgedRun], needed: int, wanted: Verdict) -> Verdict:
    """Return HELD if enough runs came out as wanted, BROKEN if too many came out the other way, else INCONCLUSIVE."""
    other = Verdict.BROKEN if wanted is Verdict.HELD else Verdict.HELD
    if sum(run.verdict is wanted for run in runs) >= needed:
        return Verdict.HELD
    return Verdict.BROKEN if sum(run.verdict is other for run in runs) > len(runs) - needed else Verdict.INCONCLUSIVE


def _said(runs: Sequence[JudgedRun], needed: int, twin: bool) -> str:
    wanted = Verdict.BROKEN if twin else Verdict.HELD
    if len(runs) == 1:
        said = line(runs[0].judgement.headline)
        return f"is there to be BROKEN, and was not: {said}" if twin and runs[0].verdict is not wanted else said
    found = sum(run.verdict is wanted for run in runs)
    of = f"{found} of {len(runs)} runs {wanted.name}, at least {needed} must be"
    worst = next((run for run in runs if run.verdict is not wanted), None)
    return of if worst is None else f"{of}; {line(worst.judgement.headline)}"


def _tolerated(policy: Policy, scenario: ExpectedScenario, verdict: Verdict, reason: str) -> tuple[Verdict, str]:
    if verdict is Verdict.INCONCLUSIVE and not scenario.names.isdisjoint(policy.may_be_inconclusive):
        return Verdict.HELD, f"may be INCONCLUSIVE; {reason}"
    listed = policy.must_hold
    named = listed == "all" or not scenario.names.isdisjoint([*listed, *policy.may_be_inconclusive])
    return (verdict, reason) if named else (Verdict.HELD, f"is not in must_hold; {reason}")
