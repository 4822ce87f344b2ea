"""``python -m tests.fuzz --for 10m``: fuzzes each reader for its share of the time, from the corpus on.

What reaches further than all before is kept in ``--into``; what is a fault is named, and is to be put into the corpus
(tests/fuzz/corpus/READER), where ``make test`` tries it from then on.
"""

import argparse
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from squall.units import seconds
from tests.fuzz.readers import FIRST, READERS

ROOT = Path(__file__).parents[2]
# No input of this length should take so long, or so much (s, MB); on a machine that stands still for a while all do.
HANGS, MEMORY, LONGEST = 400, 1500, 20_000


def main(words: Sequence[str]) -> int:
    """Fuzz; exit code 1 if a fault was found, 4 if there is nothing to fuzz with."""
    known = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    known.add_argument("--for", dest="length", type=seconds, default=600.0, help="how long in all (10m, 1h)")
    known.add_argument("--reader", action="append", choices=list(READERS), help="only that one")
    known.add_argument("--into", type=Path, default=ROOT / ".fuzz", help="where new inputs and faults are kept")
    meant = known.parse_args(words)
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write("fuzzing: there is no atheris; pip install atheris (Linux, Python 3.11 to 3.13)\n")
        return 4
    readers = meant.reader or list(READERS)
    failed = [name for name in readers if not _fuzzed(name, max(1, int(meant.length / len(readers))), meant.into)]
    sys.stdout.write(f"{len(readers)} readers, {meant.length:.0f} s: {', '.join(failed) or 'no fault'}\n")
    return 1 if failed else 0


def _fuzzed(name: str, length: int, into: Path) -> bool:
    """Fuzz one reader, and say whether nothing was wrong."""
    found, faults = into / name, into / f"fault-{name}-"
    found.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={length}", f"-timeout={HANGS}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}",
               f"-artifact_prefix={faults}", "-print_final_stats=1", "-verbosity=0"]  # fmt: skip
    command = [sys.executable, "-m", "tests.fuzz.one", name, str(found), str(FIRST / name), *options]
    sys.stdout.flush()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    sys.stdout.write(f"{name}: {' '.join(said) or 'ended'}, exit code {done.returncode}\n")
    if done.returncode:
        sys.stdout.write("\n".join(done.stderr.splitlines()[-30:]) + "\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
