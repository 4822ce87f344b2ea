"""How squall's own processes are started: never with modules of the folder that somebody happens to be in.

The load process is none of them: a locustfile imports what is in its project.
"""

import sys


def module_command(module: str, *words: object) -> list[str]:
    """Return the command that runs an installed module; a ``secrets.py`` of the current folder is not imported (-P)."""
    return [sys.executable, "-P", "-m", module, *map(str, words)]
