"""``make honesty``: prints how each figure fares, as the table of docs/verdicts.md. ``--runs 300``."""

import argparse
import math

from tests.honesty.sampling import Row, percentiles, rows
from tests.honesty.shapes import OTHERS, OUTAGES

RATES = ((20, 0), (20, 100), (50, 100), (100, 100))
PERCENTILES = ((50, 100), (90, 200), (95, 300), (99, 1500), (1, 55))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=300)
    runs = parser.parse_args().runs
    print("| figure | truth | users+probes a second | inside, % (at least) | wrong HELD | wrong BROKEN | width |")
    print("|---|---|---|---|---|---|---|")
    for shape in (*OUTAGES, *OTHERS):
        for users, probes in RATES:
            for row in rows(shape, users, probes, runs, seed=7):
                # Users alone make the failing time: probes change nothing of it.
                if row.figure != "failing" or (users, probes) != (20, 100):
                    print(line(row), flush=True)
    for percent, count in PERCENTILES:
        print(line(percentiles(percent, count, 10 * runs, seed=7)))


def line(row: Row) -> str:
    """Return one line of the table; a star marks what lies too close for five failures near each edge."""
    unit = "ms" if row.figure == "latency" else "s"
    width = "no end" if math.isinf(row.width) else f"{row.width:.2f} {unit}"
    endless = f" ({row.endless} without end)" if row.endless else ""
    inside = f"{100 * row.inside / row.runs:.1f} ({100 * row.surely_inside:.1f})"
    name = row.shape if row.seen else f"{row.shape} *"
    return (
        f"| {row.figure} | {name} | {row.rates} | {inside} | {row.wrong_held} | {row.wrong_broken} | {width}{endless} |"
    )


if __name__ == "__main__":
    main()
