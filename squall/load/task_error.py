"""Where in a locustfile a task went wrong, in one line: the file, the line, its text. No value that it met is told."""

import linecache
import sys
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType

from squall.record.outcome import TASK_FAILED
from squall.writing.redact import redacted

_LONGEST = 120
_OTHERS = (*sysconfig.get_paths().values(), sys.prefix, str(Path(__file__).parents[1]))


def task_error(error: BaseException, trace: TracebackType | None = None) -> str:
    """Return ``task failed: load/shop.py:12: assert found == 1 (AssertionError)``: the last line that is the author's.

    An error's message may hold what an answer held, so the text of the line stands for it.
    """
    steps = [(each.f_code.co_filename, line) for each, line in traceback.walk_tb(trace or error.__traceback__)]
    own = [step for step in steps if not step[0].startswith((*_OTHERS, "<"))]
    if not (own or steps):
        return f"{TASK_FAILED}: {type(error).__name__}"
    file, line = (own or steps)[-1]
    text = redacted(linecache.getline(file, line).strip())[:_LONGEST]
    return f"{TASK_FAILED}: {_short(file)}:{line}: {text} ({type(error).__name__})"


def asked_nothing(task: str) -> str:
    """Return what is wrong with a task that made no request that squall has seen."""
    return (
        f"{TASK_FAILED}: {task} made no request that squall sees; ask by self.client, or by any client within "
        f'"with self.exchange({task!r}):"'
    )


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
