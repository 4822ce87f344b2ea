"""Undoing what a run did, however it ends: the harm first, the deployment and the lease last, then the comparison.

What is undone and how is in the undo log; nothing is chosen here.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from squall.clock import Clock
from squall.errors import SquallError
from squall.platforms.capability import Platform
from squall.record.event import ChangedByOthers, LeftoverFound
from squall.record.folder import RunFolder
from squall.run.signals import uninterrupted
from squall.run.timeline import WHO, Timeline
from squall.safety.audit import compare
from squall.safety.replay import undo_all
from squall.safety.undo_log import Undo, UndoLog

# How long (s) the run itself tries again what cannot be reached: an API server that restarts is back by then. What
# is active longer is left to the guard.
PERSISTENCE = 45.0


class Cleanup:
    """The undo log of one run, and its replay."""

    def __init__(self, on: Platform, folder: RunFolder, timeline: Timeline, clock: Clock) -> None:
        self._on, self._run, self._timeline, self._clock = on, folder.path.name, timeline, clock
        self._log = UndoLog(folder.undo)
        # The last entry that outlasts the harm: the lease, and what a deployment started.
        self._kept = 0
        self._open: dict[str, str] = {}

    def write(self, entries: Iterable[Undo]) -> None:
        """Write down how something is undone, before it is done."""
        for entry in entries:
            self._log.open(entry)

    def keep(self, entry: Undo) -> None:
        """Write down how something is undone that outlasts the harm, as all do that were written before."""
        self._kept = self._log.open(entry)

    @contextmanager
    def of_the_harm(self) -> Iterator[None]:
        """Undo the harm when the block ends, however it ends: the phase ``undo``."""
        try:
            yield
        finally:
            with uninterrupted():
                # A full disk is no reason to leave the harm active.
                with suppress(OSError):
                    self._timeline.phase("undo")
                self._replay(above=self._kept)

    @contextmanager
    def of_everything(self) -> Iterator[None]:
        """Undo all that is left when the block ends, however it ends."""
        try:
            yield
        finally:
            with uninterrupted():
                self._replay(above=0)

    def after_interruption(self) -> None:
        """Undo what is still active: a signal may have come between an exception and one of the blocks above."""
        with uninterrupted():
            self._replay(above=0)

    @contextmanager
    def audited(self) -> Iterator[None]:
        """Compare the platform after the block with what it was before: what is left over, what others changed."""
        baseline = self._on.baseline()
        yield
        difference = compare(baseline, self._on.baseline(), self._run)
        for text in difference.leftovers:
            self._timeline.write(LeftoverFound(self._timeline.now, WHO, text))
        for text in difference.changed:
            self._timeline.write(ChangedByOthers(self._timeline.now, WHO, text))

    def unsaid(self, said: Iterable[str]) -> Sequence[str]:
        """Return what was not undone, or not noted as undone, and is not among what the record says of it.

        On a full disk the record says nothing.
        """
        known = "\n".join(said)
        return [f"{about}: {why}" for about, why in self._open.items() if about not in known]

    def _replay(self, above: int) -> None:
        undo_all(self._log, self._note, within=PERSISTENCE, above=above, clock=self._clock)

    def _note(self, undo: Undo, outcome: str | SquallError) -> None:
        if isinstance(outcome, SquallError):
            self._open[undo.about] = str(outcome)
        else:
            self._open.pop(undo.about, None)
        self._timeline.undone(undo, outcome)
