"""Whether a releaser has its program and its script: asked before anything is harmed, for it needs both then."""

import os
import shlex
import shutil
from pathlib import Path, PurePath

# What runs a script that is its first word without a dash, each with the options after which there is none.
_INTERPRETERS = {
    "python": {"-c", "-m"}, "sh": {"-c"}, "bash": {"-c"}, "zsh": {"-c"}, "node": {"-e", "-p"}, "ruby": {"-e"},
    "perl": {"-e"},
}  # fmt: skip
# What squall puts in; they are there, or are asked for elsewhere.
_PYTHON = "${python}"


def unfound(command: str, folder: Path) -> str:
    """Return what is missing of a releaser's command that is run in ``folder``; empty: nothing that can be told."""
    program, *words = shlex.split(command)
    if not _is_there(program, folder):
        where = f"there is no program {folder / program}" if "/" in program else f"no program {program} in the PATH"
        return f"{where} that may be executed"
    script = _script(program, words)
    if script and not (folder / script).is_file():
        return f"there is no script {folder / script}"
    return ""


def _is_there(program: str, folder: Path) -> bool:
    if program.startswith("${"):
        return True
    if "/" not in program:
        return shutil.which(program) is not None
    path = folder / program
    return path.is_file() and os.access(path, os.X_OK)


def _script(program: str, words: list[str]) -> str:
    """Return the script that an interpreter is given; empty if there is none, or where it lies is known only later."""
    name = "python" if program == _PYTHON else PurePath(program).name.rstrip("0123456789.")
    without = _INTERPRETERS.get(name)
    if without is None:
        return ""
    for word in words:
        if word in without:
            return ""
        if not word.startswith("-"):
            return "" if "${" in word else word
    return ""
