"""``python -m tests.both``: QuantumRerank's scenarios on local and on kind, side by side.

A table of what each came to; exit code 1 if a scenario that both can run came to different ends. What else the
machine had to do while it ran stands beside: two cores that others use make the outcomes of others.
"""

import argparse
import os
import sys

from tests.both.scenarios import Place, Row, chosen, compared, table

LOCAL = Place("local")


def main() -> int:
    """Run each on local, then on kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", default="kind-squall", help="the kind cluster (default: kind-squall)")
    parser.add_argument("--name", default="", help="only scenarios whose title has this in it")
    given = parser.parse_args()
    kind, rows = Place("kind", given.context), list[Row]()
    for path, title in chosen(text=given.name):
        before = os.getloadavg()[0]
        row = compared(path, title, LOCAL, kind)
        rows.append(row)
        _say(f"{title}: {row.local} | {row.kind}  (load {before:.1f} before, {os.getloadavg()[0]:.1f} after)")
    _say("\n" + table(rows))
    both = sum(row.compared for row in rows)
    different = sum(not row.same for row in rows)
    _say(f"\n{both} of {len(rows)} scenarios run on both; {different} of them came to different ends")
    return 1 if different or not both else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
