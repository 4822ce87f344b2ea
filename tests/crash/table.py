"""The table of what killed runs came to, and the file that keeps it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from tests.crash.blows import Blow
from tests.crash.killing import Outcome
from tests.crash.points import Point, chosen
from tests.crash.starting import steps

HEADS = (
    "blow",
    "case",
    "points",
    "run",
    "before the harm",
    "undone",
    "nothing was active",
    "exit 3",
    "not reached",
    "wrong",
)
_ONE = TypeAdapter(Outcome | tuple[str, list[str]])


class Results:
    """The outcomes so far, and the steps of the cases; in a file they are found again."""

    def __init__(self, path: Path | None, learn: Callable[[str], Sequence[str]] = steps) -> None:
        self._path, self._learn = path, learn
        self.outcomes: list[Outcome] = []
        self._steps: dict[str, Sequence[str]] = {}
        for line in path.read_text().splitlines() if path is not None and path.exists() else ():
            self._take(_ONE.validate_json(line))

    def points(self, case: str) -> Sequence[Point]:
        """Return the points of a case, learned from a run of it if they are not known yet."""
        if case not in self._steps:
            self._keep((case, list(self._learn(case))))
        return chosen(self._steps[case])

    def has(self, case: str, point: Point, blow: Blow) -> bool:
        """Say whether a point is among them; one that was not reached is tried anew."""
        return any(_key(one) == (case, blow, point.number) and one.reached for one in self.outcomes)

    def add(self, outcome: Outcome) -> None:
        """Keep one."""
        self._keep(outcome)

    def _keep(self, one: Outcome | tuple[str, list[str]]) -> None:
        self._take(one)
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(_ONE.dump_json(one).decode() + "\n")

    def _take(self, one: Outcome | tuple[str, list[str]]) -> None:
        if isinstance(one, Outcome):
            self.outcomes = [*(other for other in self.outcomes if _key(other) != _key(one)), one]
        else:
            self._steps[one[0]] = one[1]


def _key(outcome: Outcome) -> tuple[str, Blow, int]:
    return outcome.case, outcome.blow, outcome.point.number


def told(outcome: Outcome) -> str:
    """Say one in a line."""
    how = f"stood {outcome.stood}, exit {outcome.code}" if outcome.reached else "not reached"
    how += f", {outcome.verdict}" if outcome.verdict else ""
    return f"  {outcome.blow}, {outcome.case} {outcome.point}: {how}{', WRONG' if outcome.wrong else ''}"


def printed(outcomes: Sequence[Outcome], of: Mapping[str, int]) -> str:
    """Return the counts by blow and case, their sums, and all that is wrong."""
    keys = dict.fromkeys((outcome.blow, outcome.case) for outcome in outcomes)
    rows = [
        (blow, case, of[case], *_counts([o for o in outcomes if (o.blow, o.case) == (blow, case)]))
        for blow, case in keys
    ]
    for platform in dict.fromkeys(case.split()[0] for _, case in keys):
        mine = [outcome for outcome in outcomes if outcome.case.split()[0] == platform]
        there = sum(of[case] for _, case in keys if case.split()[0] == platform)
        rows.append(("all", platform, there, *_counts(mine)))
    wide = [max(len(str(row[index])) for row in (HEADS, *rows)) for index in range(len(HEADS))]
    lines = [
        "  ".join(f"{cell!s:{'<' if index < 2 else '>'}{wide[index]}}" for index, cell in enumerate(row))
        for row in (HEADS, *rows)
    ]
    wrong = [f"{told(outcome)}: {text}" for outcome in outcomes for text in outcome.wrong]
    return "\n".join((*lines, *(wrong or ["nothing of ours was left anywhere"])))


BEGIN, END = "<!-- crash tests: python -m tests.crash --into writes this -->", "<!-- end of crash tests -->"


def written_into(page: str, outcomes: Sequence[Outcome], command: str, day: date) -> str:
    """Return a page with the table of these outcomes between its marks. Raises ValueError: it has no marks."""
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise ValueError(f"the page has no place for the table: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{_summary(outcomes, command, day)}\n{END}{after}"


def _summary(outcomes: Sequence[Outcome], command: str, day: date) -> str:
    lines = [
        f"`{command}`, {day:%d %B %Y}:",
        "",
        "| struck by | on | faults | points | all undone | named (exit code 3) | wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for blow, on in dict.fromkeys((each.blow, each.case.split()[0]) for each in outcomes):
        mine = [each for each in outcomes if (each.blow, each.case.split()[0]) == (blow, on) and each.reached]
        wrong, named = sum(bool(each.wrong) for each in mine), sum(each.code == 3 and not each.wrong for each in mine)
        undone = len(mine) - wrong - named
        lines.append(
            f"| {blow} | {on} | {len({each.case for each in mine})} | {len(mine)} | {undone} | {named} | {wrong} |"
        )
    return "\n".join(lines)


def _counts(outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    came = [outcome for outcome in outcomes if outcome.reached]
    good = [outcome for outcome in came if outcome.code == 0]
    return (
        len(came),
        sum(not outcome.point.harmed for outcome in came),
        sum(outcome.stood > 0 for outcome in good),
        sum(outcome.stood == 0 for outcome in good),
        sum(outcome.code == 3 for outcome in came),
        len(outcomes) - len(came),
        sum(bool(outcome.wrong) for outcome in outcomes),
    )
