"""The plugin in a project that has no squall scenario: it is there, and that is all."""

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "pydantic",
    "yaml",
    "rich",
    "matplotlib",
    "numpy",
    "httpx",
    "kubernetes",
    "gevent",
    "squall.pytest_plugin.session",
}
TOLD = """
import json, sys
def test_one():
    pass
def test_what_is_imported():
    print("\\nimported:", json.dumps(sorted(sys.modules)))
"""


def test_it_imports_nothing_heavy_where_there_is_no_scenario(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(TOLD)
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "others.feature").write_text("Feature: of another\n  Scenario: S\n    Given nothing\n")
    quick = ["-p", "no:locust", "-p", "no:hypothesispytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", "-s", "-q", *quick]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "2 passed" in done.stdout, done
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("imported:"))
    imported = set(json.loads(line.removeprefix("imported:")))
    assert "squall.pytest_plugin.plugin" in imported
    assert imported & HEAVY == set()
