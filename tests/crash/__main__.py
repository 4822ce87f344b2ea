"""``python -m tests.crash``: strikes runs of each case at their points, and prints a table with the counts.

A share of it can be run: by platform, by case, by blow, every so many points, for so long. With ``--results`` what was
run is kept in a file and not run again, so that it can be done in parts.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from squall.units import seconds
from tests.crash.blows import Blow
from tests.crash.cases import cases
from tests.crash.killing import Outcome, struck
from tests.crash.points import Point, sampled
from tests.crash.table import Results, printed, told, written_into

Chosen = tuple[str, Point, Blow]


def main(words: Sequence[str]) -> int:
    """Strike what is meant; exit code 1 if anything was left anywhere."""
    meant = _read(words)
    results, until = Results(meant.results), time.monotonic() + meant.within
    left = (each for each in _chosen(meant, results) if not results.has(*each))
    with ThreadPoolExecutor(meant.at_once) as pool:
        while time.monotonic() < until and (now := list(islice(left, meant.at_once))):
            # A port-forward ends with the thread that opened it: one at a time is this one's.
            outcomes = pool.map(_struck, now) if meant.at_once > 1 else map(_struck, now)
            for outcome in outcomes:
                results.add(outcome)
                print(told(outcome), flush=True)
    print(printed(results.outcomes, {one.case: len(results.points(one.case)) for one in results.outcomes}))
    if meant.into is not None:
        command = f"python -m tests.crash {' '.join(words)}".partition(" --into")[0].partition(" --results")[0]
        page = written_into(meant.into.read_text(), results.outcomes, command, datetime.now(UTC).date())
        meant.into.write_text(page)
    return 1 if any(outcome.wrong for outcome in results.outcomes) or not results.outcomes else 0


def _struck(each: Chosen) -> Outcome:
    return struck(*each)


def _chosen(meant: argparse.Namespace, results: Results) -> Iterator[Chosen]:
    """Yield each so many of the points of each case; which they are differs from case to case."""
    for number, (name, case) in enumerate(cases().items()):
        if case.platform not in meant.platform or (meant.case and name not in meant.case):
            continue
        for blow in meant.blow:
            met = [point for point in results.points(name) if blow.meets(case.platform, point)]
            yield from ((name, point, blow) for point in sampled(met, number, meant.every or blow.every))


def _read(words: Sequence[str]) -> argparse.Namespace:
    known = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    known.add_argument("--platform", action="append", choices=["local", "kind"], help="only cases on that platform")
    known.add_argument("--case", action="append", choices=list(cases()), metavar="NAME", help="only that case")
    known.add_argument("--blow", action="append", type=Blow, choices=list(Blow), help="only blows of that kind")
    known.add_argument("--every", type=int, help="only each so many of the points  [default: by the blow, 1 to 4]")
    known.add_argument("--at-once", type=int, default=1, help="so many runs side by side, on local alone")
    known.add_argument("--within", type=seconds, default=float("inf"), help="begin nothing after so long (8m)")
    known.add_argument("--results", type=Path, help="a file that keeps what was run, and is gone on with")
    known.add_argument("--into", type=Path, help="a page (docs/undo.md) into which the table is written; named last")
    read = known.parse_args(words)
    read.platform = read.platform or (["local"] if read.at_once > 1 else ["local", "kind"])
    read.blow = read.blow or list(Blow)
    return read


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
