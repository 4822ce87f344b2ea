"""Where in a YAML file a value is, so that an error names its line. Knows nothing of what the file is about."""

from collections.abc import Mapping
from pathlib import Path

import yaml

# The keys that lead to a value.
KeyPath = tuple[str | int, ...]

# Besides its own errors PyYAML lets plain ones through, for values that their tag does not admit (!!int x, a date of
# the 99th) and for what is nested too deeply or holds itself.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


def lines_of(node: yaml.Node | None, at: KeyPath = ()) -> dict[KeyPath, int]:
    """Return the line of each key and item of a document."""
    if node is None:
        return {}
    lines = {at: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= lines_of(value, (*at, str(key.value)))
            lines[(*at, str(key.value))] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= lines_of(value, (*at, str(index)))
    return lines


def repeated_keys(node: yaml.Node | None) -> list[tuple[int, str]]:
    """Return the line and name of each key that its mapping has already: YAML would keep the last, silently."""
    if not isinstance(node, yaml.CollectionNode):
        return []
    found: list[tuple[int, str]] = []
    pairs = node.value if isinstance(node, yaml.MappingNode) else [(None, item) for item in node.value]
    keys: set[str] = set()
    for key, value in pairs:
        if isinstance(key, yaml.ScalarNode):
            found += [(key.start_mark.line + 1, key.value)] if key.value in keys else []
            keys.add(key.value)
        found += repeated_keys(value)
    return found


def reason(error: Exception) -> str:
    """Say in one line what the reader of YAML did not like."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    return " ".join(str(problem or f"a value that cannot be read ({type(error).__name__})").split())


def line_at(lines: Mapping[KeyPath, int], at: KeyPath) -> int:
    """Return the line of what is at ``at``; of what should hold it, if it is missing."""
    at = tuple(str(part) for part in at)
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)


def describe(error: Mapping[str, object], file: str) -> str:
    """Say in one line what pydantic did not like, and where in the file of that name."""
    loc = error["loc"]
    where = ".".join(str(part) for part in loc) if isinstance(loc, tuple) else str(loc)
    message = " ".join(str(error["msg"]).removeprefix("Value error, ").split())
    message = "there is no such key" if error["type"] == "extra_forbidden" else message
    return f"{' '.join(where.split()) or file}: {message}"


def line_of(path: Path, *at: str) -> int:
    """Return the line of a key in a system file that could be read; of what should hold it, if it is not there."""
    return line_at(lines_of(yaml.compose(path.read_text("utf-8"), yaml.SafeLoader)), at)
