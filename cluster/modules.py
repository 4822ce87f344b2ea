"""A go.mod of our own, from which programs of other modules are built.

`go install module@version` refuses modules whose go.mod replaces others by folders beside it; a module that requires
them does not see those replacements, and may state its own.
"""

import re

__all__ = ["go_mod", "staging_replacements"]

_REPLACED = re.compile(r"^\s*(?:replace\s+)?(\S+) => \./staging/\S+$", re.MULTILINE)


def staging_replacements(upstream: str, version: str) -> dict[str, str]:
    """Map each module that Kubernetes' own go.mod takes from its staging folder to its published version."""
    return dict.fromkeys(_REPLACED.findall(upstream), version)


def go_mod(requires: dict[str, str], replaces: dict[str, str], upstream: str) -> str:
    """Write a go.mod for one upstream: its language version and runtime defaults, what is wanted, what is replaced."""
    lines = ["module squall.dev/build", *_settings(upstream)]
    lines += [f"require {name} {version}" for name, version in requires.items()]
    lines += [f"replace {name} => {name} {version}" for name, version in replaces.items()]
    return "\n".join(lines) + "\n"


def _settings(upstream: str) -> list[str]:
    # Without them the program would run with the defaults of another Go release than its authors tested.
    return re.findall(r"^(?:go|godebug) [^(\n]+$", upstream, re.MULTILINE)
