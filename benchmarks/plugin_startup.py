"""What squall's plugin adds to the start of pytest in a project that has no squall scenario.

``python -m benchmarks.plugin_startup [ROUNDS]``: the same project with one empty test, with the plugin and without, by
turns in one run. No other plugin is loaded, so that what several would share counts as squall's.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

GOAL = 0.030


def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_one.py").write_text("def test_one() -> None:\n    pass\n")
        (Path(folder) / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
        took: dict[str, list[float]] = {"with": [], "without": []}
        started(folder, "-p", "squall.pytest_plugin.plugin")
        for _ in range(rounds):
            took["with"].append(started(folder, "-p", "squall.pytest_plugin.plugin"))
            took["without"].append(started(folder))
    added = median(one - other for one, other in zip(took["with"], took["without"], strict=True))
    for name, each in took.items():
        print(f"{name:8} {1000 * median(each):7.1f} ms of CPU (median of {rounds})")
    print(f"squall's plugin adds {1000 * added:.1f} ms (goal: under {1000 * GOAL:.0f} ms)")
    return 0 if added < GOAL else 1


def started(folder: str, *words: str) -> float:
    """Return the CPU time (s) of one whole session: what others do on this machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    # What is installed is compiled: the first session compiles what is not, and writes it down.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    alone = {**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=folder, env=alone, capture_output=True, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 41))
