"""``python -m tests.crash``: strikes each case at its points, and prints a table with the counts.

``--platform local`` or ``kind``, ``--case "local freeze"``, ``--blow harness`` (default), ``both``, ``agent``, ``api``
or ``node``; ``--every 3``: each third point; ``--at-once 3``: so many runs side by side, on local alone.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from squall.units import as_duration
from tests.crash.blows import BLOWS, SURVIVED
from tests.crash.cases import CASES
from tests.crash.killing import Outcome, Point, points, struck

COUNTS = ("points", "struck", "before the harm", "undone", "nothing stood", "exit 3", "wrong", "not reached")


@dataclass
class Row:
    """One case: its points, and what became of those that were struck."""

    case: str
    of: int
    took: float = 0.0
    outcomes: list[Outcome] = field(default_factory=list)

    def cells(self) -> list[str]:
        reached = [each for each in self.outcomes if each.reached]
        good = [each for each in reached if each.code == 0]
        counts = (
            self.of, len(reached), sum(not each.point.harmed for each in reached), sum(each.stood > 0 for each in good),
            sum(each.stood == 0 for each in good), sum(each.code == 3 for each in self.outcomes),
            sum(bool(each.wrong) for each in self.outcomes), len(self.outcomes) - len(reached),
        )  # fmt: skip
        return [self.case, *map(str, counts), as_duration(self.took)]

    def wrong(self) -> list[str]:
        return [f"{one.point.number} {one.point.name}: {text}" for one in self.outcomes for text in one.wrong]


def main(words: Sequence[str]) -> int:
    asked = _asked(words)
    rows = [_case(name, asked) for name in CASES if _meant(name, asked)]
    table = [["case", *COUNTS, "took"], *(row.cells() for row in rows)]
    total = ["all", *(str(sum(int(row[column]) for row in table[1:])) for column in range(1, 1 + len(COUNTS))), ""]
    for row in (*table, total):
        print("  ".join(f"{cell:>{max(len(head), 16)}}" for cell, head in zip(row, table[0], strict=True)))
    wrong = [f"{row.case}: {line}" for row in rows for line in row.wrong()]
    print("\n".join(wrong) or "nothing of ours was left anywhere")
    return 1 if wrong or not rows else 0


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--platform", choices=["local", "kind"])
    parser.add_argument("--case", action="append", choices=list(CASES), default=[])
    parser.add_argument("--blow", choices=list(BLOWS), default="harness")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1)
    return parser.parse_args(words)


def _meant(name: str, asked: argparse.Namespace) -> bool:
    return (not asked.case or name in asked.case) and asked.platform in {None, CASES[name].platform}


def _case(name: str, asked: argparse.Namespace) -> Row:
    began = time.monotonic()
    every = points(name)
    row = Row(name, len(every))

    def strike(point: Point) -> None:
        outcome = struck(name, point, asked.blow)
        row.outcomes.append(outcome)
        wrong = f", WRONG: {'; '.join(outcome.wrong)}" if outcome.wrong else ""
        said = f", {outcome.said}" if asked.blow in SURVIVED else ""
        print(
            f"  {name} {point.number:3} {point.name}: stood {outcome.stood}, exit {outcome.code}{said}{wrong}",
            flush=True,
        )

    with ThreadPoolExecutor(asked.at_once if CASES[name].platform == "local" else 1) as pool:
        list(pool.map(strike, every[:: asked.every]))
    row.took = time.monotonic() - began
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
