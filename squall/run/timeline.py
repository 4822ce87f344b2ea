"""What a run says of itself while it goes on: into the record, and to whoever watches. Decides nothing."""

from squall.clock import Clock
from squall.errors import SquallError
from squall.platforms.capability import Tell
from squall.record.event import (
    Event,
    HarmConfirmed,
    HarmEffect,
    HarmEnded,
    LeftoverFound,
    Noted,
    PhaseBegan,
    RunVoided,
    UndoReplayed,
)
from squall.record.folder import RunFolder
from squall.safety.undo_log import Undo
from squall.verdict import Cause

WHO = "squall"


class Timeline:
    """Writes events with the moment at which they are written; ``tell`` hears what a person wants to know."""

    def __init__(self, folder: RunFolder, clock: Clock, tell: Tell) -> None:
        self._clock, self.write, self.tell = clock, folder.append, tell

    @property
    def now(self) -> float:
        """The moment, on the run's clock."""
        return self._clock.now()

    def phase(self, name: str) -> None:
        """Write that a phase of the run begins."""
        self.write(PhaseBegan(self.now, WHO, name))

    def harm(self, event: Event) -> None:
        """Write an event of the harm, and say how it went at a target."""
        self.write(event)
        if isinstance(event, HarmEffect | HarmConfirmed | HarmEnded):
            self.tell(f"{event.who}: {event.how}")

    def note(self, text: str) -> None:
        """Write and say something that the reader of the report should know."""
        self.write(Noted(self.now, WHO, text))
        self.tell(text)

    def void(self, cause: Cause, reason: str) -> None:
        """Write and say that the run proves nothing, and why."""
        self.write(RunVoided(self.now, WHO, cause, reason))
        self.tell(f"{cause}: {reason}")

    def undone(self, entry: Undo, outcome: str | SquallError) -> None:
        """Write what came of an entry of the undo log."""
        failed = isinstance(outcome, SquallError)
        self.write(UndoReplayed(self.now, entry.kind, "not undone" if failed else "undone", str(outcome), entry.about))
        if failed:
            self.write(LeftoverFound(self.now, entry.kind, f"{entry.about}: {outcome}"))
