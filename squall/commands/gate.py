"""``squall gate``: the scenarios run as the policy says, and its decision as the exit code."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from squall.commands.selecting import (
    allow_option,
    context_option,
    platform_option,
    seed_option,
    selection_options,
    workers_option,
)
from squall.errors import ExitCode, HarnessFailed, Misuse
from squall.pytest_plugin import options

if TYPE_CHECKING:
    from squall.commands.features import Tally
    from squall.gate.decision import Decision
    from squall.gate.evidence import ExpectedScenario, GateEvidence, JudgedRun
    from squall.gate.policy import Policy
    from squall.run.scenario import Scenario

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="gate")
@selection_options
@platform_option(f"what pytest's squall_platform says, else {options.PLATFORM}")
@context_option
@allow_option
@seed_option
@workers_option
@click.option("--runs", default=options.RUNS, show_default=True, help="where run folders are made")
@click.option("--stored", multiple=True, metavar="FOLDER", type=click.Path(path_type=Path),
              help="run nothing: decide on the runs in this folder; may be repeated")  # fmt: skip
@click.option("--junit", type=_FILE, help="write JUnit XML here")
@click.option("--summary", type=_FILE, help="write Markdown for the job's page here")
@click.option("--json", "as_json", type=_FILE, help="write the decision as JSON here")
@click.option("--allure", type=click.Path(file_okay=False, path_type=Path), help="write Allure results to this folder")
def command(paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None,
            platform: str | None, context: str | None, allowed: Sequence[str], seed: int | None, workers: int | None,
            runs: str, stored: Sequence[Path], junit: Path | None, summary: Path | None, as_json: Path | None,
            allure: Path | None) -> NoReturn:  # fmt: skip
    """Run the scenarios as often as the policy says, and decide whether the change may go on.

    The policy is [gate] of squall.toml, or [tool.squall.gate] of pyproject.toml; without one everything selected must
    be HELD, and what has the tag twin BROKEN. Nothing is run again until it is green. Whatever keeps the gate from
    knowing closes it: an empty selection, a run that never began, a file that could not be written.

    Exit code: 0 open, 1 closed by a promise that is BROKEN or the policy, 2 closed by what proved nothing, 3 something
    could not be undone, 4 misuse, 5 the harness failed, 130 aborted and undone.

    \b
    Examples:
      squall gate
      squall gate --platform kind --context kind-squall --junit junit.xml --summary gate.md
      squall gate --stored runs --json gate.json
    """
    from squall.gate import output

    files: dict[Path, Callable[[Decision], bytes]] = {}
    files |= {junit: output.junit} if junit else {}
    files |= {summary: lambda decision: output.markdown(decision).encode()} if summary else {}
    files |= {as_json: lambda decision: output.as_json(decision).encode()} if as_json else {}
    files |= {allure / "squall-gate-result.json": lambda found: output.allure(found).encode()} if allure else {}
    for path in files:
        output.remove(path)
    given = {"--squall-platform": platform, "--squall-context": context, "--squall-seed": seed,
             "--squall-workers": workers, "--squall-runs": runs, "--alluredir": allure}  # fmt: skip
    words = options.told(given, allowed) + (["--clean-alluredir"] if allure else [])
    selecting = options.selecting(promise, name, tag, system)
    try:
        decision = _decide(paths, words, selecting, stored)
    except (Misuse, HarnessFailed) as error:
        code = ExitCode.MISUSE if isinstance(error, Misuse) else ExitCode.HARNESS_FAILED
        _write(_closed(str(error), code), files)
        raise
    decision = _write(decision, files)
    click.echo(f"\n{output.terminal(decision)}")
    sys.exit(decision.exit_code)


def _closed(why: str, code: ExitCode) -> "Decision":
    from squall.gate.decision import Decision

    return Decision(problems=why.split("\n"), code=code)


def _write(decision: "Decision", files: "dict[Path, Callable[[Decision], bytes]]") -> "Decision":
    """Write the files; where one cannot be, the others say that this closed the gate."""
    from squall.gate.output import written

    if problems := written(decision, files):
        decision = replace(decision, problems=[*decision.problems, *problems])
        written(decision, files)
    return decision


def _decide(paths: Sequence[str], words: list[str], selecting: Sequence[str], stored: Sequence[Path]) -> "Decision":
    from squall.commands.features import read_features
    from squall.gate.baseline import read_baseline
    from squall.gate.decision import decide
    from squall.gate.policy import read_policy

    here = Path.cwd()
    policy, where = read_policy(here)
    baseline = read_baseline(here / policy.baseline) if policy.baseline else None
    read = read_features(paths, words)
    policy.check_names({name for each in _expected(read.scenarios) for name in each.names}, where)
    expected = _expected(read_features(paths, [*words, *selecting]).scenarios if selecting else read.scenarios)
    evidence, code = _stored(expected, stored) if stored else _made(paths, [*words, *selecting], expected, policy)
    worse, notes = _regressions(policy, evidence, baseline)
    notes = [*notes, f"the policy is that of {where}" if where else "there is no policy: all must hold"]
    return replace(decide(policy, evidence, datetime.now(UTC).date(), worse), code=code, notes=notes)


def _expected(scenarios: "Sequence[Scenario]") -> "list[ExpectedScenario]":
    from squall.gate.evidence import ExpectedScenario

    counts = Counter((each.feature, each.title) for each in scenarios)
    tags: dict[tuple[str, str], set[str]] = {}
    for each in scenarios:
        tags.setdefault((each.feature, each.title), set()).update(each.tags)
    return [ExpectedScenario(*key, sorted(tags[key]), items) for key, items in counts.items()]


def _stored(expected: "Sequence[ExpectedScenario]", stored: Sequence[Path]) -> "tuple[GateEvidence, None]":
    from squall.gate.evidence import GateEvidence, read_runs, run_folders

    runs, problems = read_runs([folder for place in stored for folder in run_folders(place)])
    return GateEvidence(expected, runs, {}, problems), None


def _made(
    paths: Sequence[str], words: Sequence[str], expected: "Sequence[ExpectedScenario]", policy: "Policy"
) -> "tuple[GateEvidence, ExitCode | None]":
    """Run what the policy wants, each as often as it says, and return what came of it."""
    from squall.commands.features import run_features
    from squall.commands.gate_tally import GateTally
    from squall.gate.evidence import GateEvidence, read_runs

    tally = GateTally()
    repeats = [f"--squall-repeat-one={name}={each.runs}" for name, each in policy.repeats.items()]
    code = run_features(paths, [*words, *repeats], tally)
    runs, problems = read_runs(tally.folders)
    return GateEvidence(expected, runs, tally.skips, [*tally.errors, *problems]), _without_decision(tally, code)


def _without_decision(tally: "Tally", code: int) -> ExitCode | None:
    """Return the exit code of what ended before all was run; None: it was run, and the policy decides."""
    ended = {ExitCode.ABORTED, ExitCode.MISUSE, ExitCode.HARNESS_FAILED}
    return (
        ExitCode(code) if code in ended and (tally.verdicts or code != ExitCode.MISUSE or not tally.skipped) else None
    )


def _regressions(policy: "Policy", evidence: "GateEvidence", baseline: object) -> tuple[list[str], list[str]]:
    """Return what got worse than the baseline, and what else is to be said of it."""
    from squall.gate.baseline import Baseline, kept
    from squall.gate.change import ChangeKind, changes

    if not isinstance(baseline, Baseline):
        return [], []
    quiet = {each.promise for each in policy.quarantine}
    meant = {each.key for each in evidence.scenarios
             if quiet.isdisjoint(each.names) and set(policy.expected_to_break).isdisjoint(each.tags)}  # fmt: skip
    runs: list[JudgedRun] = [run for run in evidence.runs if run.key in meant]
    found = changes(baseline, Baseline(tuple(kept(run) for run in runs)))
    worse = [f"than the baseline: {each}" for each in found if each.kind is ChangeKind.WORSE]
    return worse, [f"baseline: {each}" for each in found if each.kind not in {ChangeKind.WORSE, ChangeKind.SAME}]
