"""Undoing goes first and goes on: all open entries are undone, and what cannot be reached is tried again.

Nothing is written between two undos that could stop the next one: whoever calls is told, and a note that fails is lost.
"""

import sys
from collections.abc import Callable
from contextlib import suppress

from squall.clock import SYSTEM, Clock
from squall.errors import NotNoted, NotReached, SquallError
from squall.safety.undo_log import Undo, UndoLog
from squall.waiting import growing, poll

Note = Callable[[Undo, str | SquallError], None]

# The first pause and the longest one (s): an API server that restarts is back within a minute, and not to be stormed.
_FIRST, _LONGEST = 0.5, 15.0


def undo_all(
    log: UndoLog, note: Note, *, within: float, above: int = 0, clock: Clock = SYSTEM, until_noted: bool = False
) -> bool:
    """Undo the open entries, those out of reach again and again, for ``within`` seconds; return whether all are undone.

    ``note`` hears of each entry that is undone, at once, and of each that is not, once, when nothing more is tried.
    For what is undone and cannot be noted (the disk is full) only a caller who has nothing else to do waits:
    ``until_noted``. Others leave it to him, for nothing is harmed any more.
    """
    left: list[tuple[Undo, SquallError]] = []

    def once() -> bool:
        left.clear()
        for undo, outcome in log.replay(above):
            if isinstance(outcome, SquallError):
                left.append((undo, outcome))
            else:
                _tell(note, undo, outcome)
        return not any(_again(outcome, until_noted) for _, outcome in left)

    poll(once, within=within, every=growing(_FIRST, _LONGEST), clock=clock)
    for undo, failure in left:
        _tell(note, undo, failure)
    return not left


def _again(outcome: SquallError, until_noted: bool) -> bool:
    return isinstance(outcome, NotReached) and (until_noted or not isinstance(outcome, NotNoted))


def _tell(note: Note, undo: Undo, outcome: str | SquallError) -> None:
    try:
        note(undo, outcome)
    except OSError as error:
        # The disk is full, or the reader of the output is gone: the last chance to say it, and no reason to stop.
        with suppress(OSError):
            sys.stderr.write(f"squall: {undo.about}: {outcome} (noting it: {error.strerror})\n")
