"""Other programs: run, piped, or asked. Nothing here knows which programs."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import Broken, Unusable

__all__ = ["Answer", "ask", "pipe", "require", "run"]

LONG = 1800.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def good(self) -> bool:
        """Tell whether it did what it was asked."""
        return self.code == 0


def ask(
    *words: str | Path,
    within: float = 10,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Answer:
    """Run a program that may fail; seconds out of time or a missing program count as failing."""
    try:
        done = subprocess.run(
            [str(word) for word in words],
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within,
            check=False,
            cwd=cwd,
            env={**os.environ, **(env or {})},
        )
    except FileNotFoundError:
        return Answer(127, "", f"{words[0]}: not found")
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"no answer within {within:g} s")
    return Answer(done.returncode, done.stdout, done.stderr)


def run(
    *words: str | Path,
    within: float = LONG,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program that must work and return what it printed; raises Broken."""
    answer = ask(*words, within=within, stdin=stdin, cwd=cwd, env=env)
    if not answer.good:
        raise Broken(f"`{' '.join(map(str, words[:6]))}` ended with {answer.code}", answer.err or answer.out)
    return answer.out


def pipe(giving: Sequence[str | Path], taking: Sequence[str | Path]) -> str:
    """Connect two programs and return what the second printed; raises Broken if either fails."""
    giver = subprocess.Popen([str(word) for word in giving], stdout=subprocess.PIPE)
    taker = subprocess.run(
        [str(word) for word in taking], stdin=giver.stdout, capture_output=True, text=True, check=False
    )
    if giver.stdout is not None:
        giver.stdout.close()
    if giver.wait() or taker.returncode:
        raise Broken(f"`{' '.join(map(str, [*giving[:3], '|', *taking[:8]]))}` failed", taker.stderr)
    return taker.stdout


def require(program: str, getting: str) -> Path:
    """Find a program on PATH; raises Unusable with how to get it."""
    found = shutil.which(program)
    if found is None:
        raise Unusable(f"`{program}` is not on PATH", getting)
    return Path(found)
