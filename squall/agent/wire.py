"""One JSON object a line: what travels between the harness and an agent, and what journals hold."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Message = Mapping[str, Any]
# Of the orders and their answers. 2: a harm is called as the class of its fault is.
VERSION = 3


class Refused(Exception):
    """An order that is not carried out; its text goes back to the harness."""


def packed(message: Message) -> bytes:
    """Return the message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def unpacked(line: bytes) -> Message:
    """Return the message of one line.

    Raises:
        Refused: it is not a JSON object.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise Refused("not a JSON object")
    return message


# Bytes of a line: an order names at most some thousand targets.
LONGEST_LINE = 1 << 20


class Lines:
    """Whole lines out of pieces; what has no newline yet is kept back, but not without end."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, piece: bytes) -> Iterator[bytes]:
        """Take a piece and yield each line that it completes.

        Raises:
            Refused: the line that is begun is too long for an order.
        """
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise Refused(f"a line of more than {LONGEST_LINE} bytes")
        return (line for line in whole if line.strip())
