"""What is typed at the terminal of a drill: a line for each thing that is said. Decides nothing."""

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from squall.errors import Misuse
from squall.gameday.board import Board
from squall.process.background import background
from squall.record.event import Said

HELP = "type: go | no-go | abort [why] | note TEXT | noticed [TEXT] | mitigated [TEXT] | done (the remedy)"
_WORDS: dict[str, Said] = {"go": "go", "no-go": "no-go", "nogo": "no-go", "abort": "abort", "note": "note",
                           "noticed": "noticed", "mitigated": "mitigated", "done": "remedy"}  # fmt: skip
_WAKE = 0.25


def understood(line: str) -> tuple[Said, str]:
    """Return what a line says, and its text.

    Raises:
        Misuse: it says nothing.
    """
    word, _, text = line.strip().partition(" ")
    if (said := _WORDS.get(word.lower())) is None:
        raise Misuse(HELP)
    return said, text


@contextmanager
def listening(board: Board, who: str, tell: Callable[[str], None], ended: Callable[[], None],
              file: int = 0) -> Iterator[None]:  # fmt: skip
    """Take lines from a file descriptor (standard input) while the block runs; ``ended``: none will come any more."""
    with background("squall-console", lambda over: _lines(board, who, tell, ended, file, over)):
        yield


def _lines(board: Board, who: str, tell: Callable[[str], None], ended: Callable[[], None], file: int,
           over: threading.Event) -> None:  # fmt: skip
    waiting = b""
    while not over.is_set():
        ready, _, _ = select.select([file], [], [], _WAKE)
        if not ready:
            continue
        if not (data := os.read(file, 4096)):
            ended()
            return
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            _take(board, who, tell, line.decode(errors="replace"))


def _take(board: Board, who: str, tell: Callable[[str], None], line: str) -> None:
    if not line.strip():
        return
    try:
        said, text = understood(line)
        board.say(said, who, text)
        tell(f"heard: {said}")
    except Misuse as error:
        tell(str(error))
