"""The JSON lines that the harness and its own processes exchange: one object a line, which says its ``kind``.

Which kinds there are is the matter of those who speak. Standard library only.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # pydantic costs a child a tenth of a second and 20 MB
    from pydantic import JsonValue as Json

What: TypeAlias = "Mapping[str, Json]"

# The kind of the line by which a child refuses what it was given.
MISUSE = "misuse"


def messages(read: Callable[[], bytes]) -> Iterator[What]:
    """Yield what the harness sends; ends when the harness does. ``read`` returns no bytes at the end."""
    waiting = b""
    while data := read():
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            yield json.loads(line)


def parse(line: bytes) -> tuple[str, What] | None:
    """Return the kind and the rest of a line; None for one that is no message."""
    try:
        said = json.loads(line)
        return str(said.pop("kind")), said
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
