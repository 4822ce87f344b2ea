"""The page of proofs: each promise of docs/promises.md, its scenarios, and what ``squall power`` last found of them.

What was found stands in docs/power.jsonl, which ``squall power --results docs/power.jsonl`` writes; nothing is typed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_bdd.parser import FeatureParser

from docs.markdown import table
from squall.record.trial import TrialResult, latest, read_results
from squall.report.wording import verdict
from squall.run.scenario import proven_by

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "power.jsonl"
HEAD = ("id", "promise", "scenario", "healthy", "twin: weakness", "twin", "broken by", "seconds", "date", "commit")
_ABOUT = (
    "Each promise of [the five runbooks](../promises.md), the scenario that proves it, and what `squall power` "
    "last found: the healthy system has to be HELD, its twin with one weakness BROKEN by the claim that the "
    "weakness attacks. The figures are of runs on this repository's own kind cluster (compose: Docker); a plus "
    "after the commit says that files differed from it."
)
_ROW = re.compile(r"^\| ([PAXTQ]\d+) \| (.+?) \| .+? \|$", re.MULTILINE)


def promises() -> dict[str, str]:
    """Return the text of each promise by its id, as docs/promises.md has it."""
    return dict(_ROW.findall((ROOT / "docs" / "promises.md").read_text("utf-8")))


def scenarios() -> dict[str, list[str]]:
    """Return the titles of the scenarios that prove each promise, by its id."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "features").rglob("*.feature")):
        feature = FeatureParser(str(ROOT), str(path.relative_to(ROOT))).parse()
        for scenario in feature.scenarios.values():
            for promise in proven_by(scenario.tags | feature.tags):
                found.setdefault(promise, []).append(scenario.name)
    return found


def promises_page(results: Sequence[TrialResult] | None = None) -> str:
    """Return the page; ``results`` are those of docs/power.jsonl unless others are given."""
    trials = latest(read_results(RESULTS)) if results is None else results
    by_title: dict[str, list[TrialResult]] = {}
    for each in trials:
        by_title.setdefault(each.scenario, []).append(each)
    written, texts = scenarios(), promises()
    rows = [row for name, text in texts.items() for row in _rows(name, text, written.get(name, []), by_title)]
    known = {title for titles in written.values() for title in titles}
    rows += [row for title in by_title if title not in known for row in _rows("-", "", [title], by_title)]
    return "\n".join(
        [
            "# What is proven",
            "",
            _ABOUT,
            "",
            f"{len(written)} of {len(texts)} promises have a scenario. {_sums(trials)}",
            "",
            table(HEAD, rows),
        ]
    )


def _sums(trials: Sequence[TrialResult]) -> str:
    healthy, twins = [t for t in trials if not t.weakness], [t for t in trials if t.weakness]
    return (
        f"Of {len(healthy)} scenarios run on the healthy system {sum(t.as_promised for t in healthy)} HELD; of "
        f"{len(twins)} weaknesses {sum(t.as_promised for t in twins)} were found by the claim that is about them."
    )


def _rows(name: str, text: str, titles: Sequence[str],
          by_title: Mapping[str, Sequence[TrialResult]]) -> Iterator[list[str]]:  # fmt: skip
    if not titles:
        yield [name, text, "none yet", *[""] * (len(HEAD) - 3)]
    for title in titles:
        of = by_title.get(title, [])
        healthy = next((verdict(each) for each in of if not each.weakness), "not run yet")
        twins = [each for each in of if each.weakness]
        for twin in twins:
            yield [name, text, title, healthy, twin.weakness, verdict(twin), "; ".join(twin.broken) or "-",
                   f"{twin.seconds:.0f}", twin.date[:10], twin.commit]  # fmt: skip
        if not twins:
            last = next(iter(of), None)
            yield [name, text, title, healthy, "", "", "", *_when(last)]


def _when(trial: TrialResult | None) -> tuple[str, str, str]:
    return ("", "", "") if trial is None else (f"{trial.seconds:.0f}", trial.date[:10], trial.commit)
