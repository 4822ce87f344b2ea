"""What a drill came to, read from its folder and those of its runs: facts for its report. Writes nothing.

A figure of people counts from the onset of a harm to what they said; it is as exact as they were quick to say it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.claims.error_budget import ErrorBudget
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.errors import Misuse
from squall.figures import written
from squall.gameday.drill import Drill
from squall.gameday.log import Beginning, DrillEntry, DrillFolder
from squall.interval import Interval
from squall.measure.alerts import first_firing, followed
from squall.measure.harm import onset
from squall.measure.recovery import observed, recovered
from squall.measure.users import success
from squall.record.event import LeftoverFound, PersonSaid, Said, UndoReplayed
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.report.summary import done
from squall.report.wording import line
from squall.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ByPerson:
    """What a person said, so many seconds after the harm began."""

    who: str
    after: float
    text: str


@dataclass(frozen=True, slots=True)
class AlertSeen:
    """An alert of the system file's table: when it fired after the harm, in words; empty: it did not."""

    name: str
    severity: str
    fired: str


@dataclass(frozen=True, slots=True)
class AbortTimes:
    """What became of an abort: seconds until the harm was undone, and until all was; None: that was not seen."""

    harm: float | None
    everything: float | None
    left: Sequence[str]


@dataclass(frozen=True, slots=True)
class ScenarioDebrief:
    """One scenario of the drill; ``why`` says why it was not run (empty: it was).

    ``readiness`` and ``recovery`` are what the machine did by itself, in words. ``failed`` of ``requests`` of users did
    from the harm to the clean-up, which is ``budget`` % of a month's (None: nothing was harmed, or
    it was undone before that could be told).
    """

    number: int
    title: str
    why: str
    run: Path | None = None
    done: str = ""
    judgement: Judgement | None = None
    findings: Sequence[str] = ()
    noticed: Sequence[ByPerson] = ()
    mitigated: Sequence[ByPerson] = ()
    remedies: Sequence[ByPerson] = ()
    readiness: str = ""
    recovery: str = ""
    alerts: Sequence[AlertSeen] = ()
    suffered: bool = False
    failed: int = 0
    requests: int = 0
    budget: Interval | None = None
    aborted: AbortTimes | None = None

    @property
    def harmed(self) -> bool:
        """Whether a harm was seen to begin, or one had to be undone."""
        return bool(self.recovery) or (self.aborted is not None and self.aborted.harm is not None)


@dataclass(frozen=True, slots=True)
class Debrief:
    """All of a drill; ``abort`` is who ended it and why (empty: nobody did)."""

    drill: Drill
    beginning: Beginning
    entries: Sequence[DrillEntry]
    scenarios: Sequence[ScenarioDebrief]
    abort: str
    questions: Sequence[str]

    @property
    def verdict(self) -> Verdict | None:
        """The worst of what was run; None: nothing was."""
        found = [each.judgement.verdict for each in self.scenarios if each.judgement is not None]
        return max(found) if found else None

    @property
    def budget(self) -> Interval | None:
        """What all of it cost, in % of a month's error budget; None: of no scenario can it be told."""
        spent = [each.budget for each in self.scenarios if each.budget is not None]
        return Interval(sum(each.low for each in spent), sum(each.high for each in spent)) if spent else None


def debrief(folder: DrillFolder) -> Debrief:
    """Read a drill that is over, or whose process died.

    Raises:
        Misuse: the folder is not that of a drill.
    """
    drill, beginning, entries = folder.drill(), folder.beginning(), folder.entries()
    runs = Path(beginning.runs)
    scenarios = [
        _scenario(number, each.scenario, runs, entries) for number, each in enumerate(drill.scenarios, start=1)
    ]
    end = next((each for each in entries if each.kind == "abort"), None)
    abort = "" if end is None else f"{end.who}{f': {end.text}' if end.text else ''}"
    return Debrief(drill, beginning, entries, scenarios, abort, [*_asked(entries), *_open(scenarios)])


def _scenario(number: int, title: str, runs: Path, entries: Sequence[DrillEntry]) -> ScenarioDebrief:
    own = [each for each in entries if each.number == number]
    name = next((each.run for each in reversed(own) if each.run), "")
    refused = next((each.text for each in own if each.kind == "refused"), "")
    # One that was refused may have a folder, with nothing to be read in it.
    if refused or not name:
        why = refused or "the drill had ended before"
        return ScenarioDebrief(number, title, why)
    run = RunFolder(runs / name)
    try:
        record = run.load()
        judgement = run.judgement()
    except Misuse as error:
        return ScenarioDebrief(number, title, f"its record cannot be read: {error}", run.path)
    return _debriefed(number, title, run.path, record, judgement, own)


def _debriefed(number: int, title: str, path: Path, record: Record, judgement: Judgement,
               own: Sequence[DrillEntry]) -> ScenarioDebrief:  # fmt: skip
    began = onset(record)
    found = [*judgement.findings, *judgement.built_in]
    findings = [line(finding, record.plan.observation) for finding in found]
    abort = next((each.t for each in own if each.kind == "abort"), None)
    aborted = _abort_times(record, abort) if abort is not None else None
    given = number, title, "", path, done(record), judgement, findings
    if began is None:
        return ScenarioDebrief(*given, aborted=aborted)
    end = observed(record)
    share = success(record, began.low, end)
    people = {said: list(_people(record, said, began)) for said in ("noticed", "mitigated", "remedy")}
    return ScenarioDebrief(
        *given,
        noticed=people["noticed"],
        mitigated=people["mitigated"],
        remedies=people["remedy"],
        readiness=_readiness(record, began),
        recovery=_recovery(record, began, end),
        alerts=[_alert(record, began, name) for name in dict.fromkeys(rule.name for rule in record.plan.alerts)],
        suffered=_suffered(record, began, end),
        failed=share.failed,
        requests=share.count,
        budget=ErrorBudget(100.0).judge(record, began).figure,
        aborted=aborted,
    )


def _people(record: Record, said: Said, began: Interval) -> Iterator[ByPerson]:
    for event in record.events(PersonSaid):
        if event.said == said and event.t >= began.low:
            yield ByPerson(event.who, event.t - began.low, event.text)


def _readiness(record: Record, began: Interval) -> str:
    figure = NoticedByReadiness(math.inf).judge(record, began).figure
    if figure is None:
        return "there was nothing that readiness could notice"
    return "not noticed" if math.isinf(figure.high) else f"noticed after {written(figure, 's')}"


def _recovery(record: Record, began: Interval, end: float) -> str:
    found = recovered(record, began.low, end)
    if math.isinf(found.when.high):
        return f"users were not seen to be served well again before the clean-up ({found.doubt})"
    return f"users were served well again after {written((found.when - began).not_below(0.0), 's')}"


def _suffered(record: Record, began: Interval, end: float) -> bool:
    return recovered(record, began.low, end).stretches > 0


def _alert(record: Record, began: Interval, name: str) -> AlertSeen:
    (one,) = followed(record, began, name)
    first = first_firing(one.series, began.low)
    fired = ""
    if first is not None:
        after = (first - began).not_below(0.0)
        fired = (
            f"may have fired after {after.low:.0f} s"
            if math.isinf(after.high)
            else f"fired after {written(after, 's')}"
        )
    return AlertSeen(name, one.rule.severity, fired)


def _abort_times(record: Record, asked: float) -> AbortTimes:
    """Take the times of the undo log's entries: those of the harm are the ones that the plan names."""
    replayed = [event for event in record.events(UndoReplayed) if event.t >= asked and event.state == "undone"]
    harm = [event.t - asked for event in replayed if event.about in record.plan.undo]
    left = [event.text for event in record.events(LeftoverFound)]
    return AbortTimes(max(harm, default=None), max((event.t - asked for event in replayed), default=None), left)


def _asked(entries: Sequence[DrillEntry]) -> Iterator[str]:
    """Yield what people asked in their notes."""
    for each in entries:
        if each.kind == "note" and each.text.rstrip().endswith("?"):
            yield f"{each.who} asked: {each.text}"


def _open(scenarios: Sequence[ScenarioDebrief]) -> Iterator[str]:
    """Yield what the drill leaves to be answered."""
    for each in scenarios:
        for text in _questions(each):
            yield f"Scenario {each.number}, “{each.title}”: {text}"


def _questions(each: ScenarioDebrief) -> Iterator[str]:
    if each.judgement is None:
        yield f"it was not run ({each.why}); is it to be made up for?"
        return
    if each.judgement.not_undone:
        yield f"who takes back what is left: {'; '.join(each.judgement.not_undone)}?"
    for finding in each.judgement.findings:
        if finding.verdict is Verdict.BROKEN:
            yield f"is the promise “{finding.claim}” wrong, or the system?"
    if each.judgement.verdict is Verdict.INCONCLUSIVE:
        yield f"it proves nothing ({each.judgement.headline.reason}); when is it repeated?"
    if each.suffered and each.alerts and not any(alert.fired for alert in each.alerts):
        yield "users suffered, and no alert fired; which should have?"
    if each.suffered and not each.noticed:
        yield "users suffered, and nobody said that they noticed; how would the team have known?"
    if each.noticed and not each.mitigated:
        yield "it was noticed, and nobody said that they mitigated it; what could they have done?"
