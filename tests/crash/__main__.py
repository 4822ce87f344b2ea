"""``python -m tests.crash [CASE]...``: kills each case at each of its points and prints a table with the counts."""

import sys
import time

from squall.units import as_duration
from tests.crash.cases import CASES
from tests.crash.killing import killed, points

COUNTS = ("points", "before the harm", "undone", "nothing stood", "exit 3", "wrong", "not reached")


def main(chosen: list[str]) -> int:
    rows, failures = [], []
    for case in chosen or list(CASES):
        began, counts = (
            time.monotonic(),
            {"points": 0, "before": 0, "undone": 0, "nothing": 0, "exit 3": 0, "wrong": 0, "missed": 0},
        )
        for point in points(case):
            outcome = killed(case, point)
            counts["points"] += outcome.reached
            counts["before the harm"] += outcome.reached and not point.harmed
            counts["not reached"] += not outcome.reached
            counts["undone"] += outcome.reached and outcome.code == 0 and outcome.stood > 0
            counts["nothing stood"] += outcome.reached and outcome.code == 0 and outcome.stood == 0
            counts["exit 3"] += outcome.code == 3
            counts["wrong"] += bool(outcome.wrong)
            failures += [f"{case}: {point.number} {point.name}: {wrong}" for wrong in outcome.wrong]
            print(f"  {case} {point.number:3} {point.name}: stood {outcome.stood}, exit {outcome.code}"
                  f"{', WRONG' if outcome.wrong else ''}", flush=True)  # fmt: skip
        rows.append((case, *counts.values(), as_duration(time.monotonic() - began)))
    heads = ("case", *COUNTS, "took")
    for row in (heads, *rows):
        print("  ".join(f"{cell!s:>{max(len(head), 16)}}" for cell, head in zip(row, heads, strict=True)))
    print("\n".join(failures) or "nothing of ours was left anywhere")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
