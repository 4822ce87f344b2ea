"""What a drill and its people tell one another: all write to it and all views read it. Carries nothing out.

Methods may be called from any thread.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

from squall.clock import SYSTEM, Clock
from squall.errors import Misuse
from squall.gameday.drill import Drill
from squall.gameday.log import DrillEntry, DrillFolder, Kind, safe
from squall.record.event import PersonSaid, Said
from squall.record.folder import RunFolder
from squall.run.abort import AbortRequest, requested_abort

# Characters of a name and of a text that are kept.
NAME, TEXT = 60, 500
State = Literal["before", "waiting", "running", "between", "aborting", "over"]
ABORTED = "aborted"


class SaidTooLate(Misuse):
    """What was said does not fit what goes on by now: somebody else was first, or the moment is over."""


def interrupt() -> None:
    """Interrupt the run of this process as Ctrl-C does."""
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, signal.SIGINT)


class Board:
    """The state of one drill.

    ``bars`` says why no harm may begin now (empty: it may). ``interrupts`` has whatever runs end, undone.
    """

    def __init__(
        self, drill: Drill, folder: DrillFolder, clock: Clock = SYSTEM, interrupts: Callable[[], None] = interrupt
    ) -> None:
        self.drill, self._folder, self._clock, self._interrupts = drill, folder, clock, interrupts
        self._lock = threading.RLock()
        self._entries: list[DrillEntry] = []
        self._run: RunFolder | None = None
        self.bars: Callable[[], str] = lambda: ""
        self.number, self.state = 0, "before"
        # The name of the remedy that is waited for; empty: none is.
        self.remedy = ""
        self._answer: tuple[Literal["go", "no-go"], str] | None = None
        self.aborted: DrillEntry | None = None
        # Grows with each change: whoever shows the board knows by it whether he is behind.
        self.version = 0

    @property
    def entries(self) -> Sequence[DrillEntry]:
        """All that happened."""
        with self._lock:
            return tuple(self._entries)

    @property
    def now(self) -> float:
        """The moment, on the drill's clock."""
        return self._clock.now()

    @property
    def run(self) -> RunFolder | None:
        """The folder of the run that is under way, or was last."""
        return self._run

    def begin(self, number: int, title: str) -> None:
        """Begin a scenario."""
        with self._lock:
            self.number, self.state, self._run, self._answer = number, "running", None, None
            self.enter("scenario", title)

    def attach(self, run: RunFolder) -> None:
        """Have what people say written into the timeline of a run, too."""
        with self._lock:
            self._run = run

    def ask(self) -> None:
        """Wait for somebody's GO, once for each scenario."""
        with self._lock:
            if self.state == "running" and self._answer is None:
                self.state = "waiting"
                self.enter("asked", "waiting for GO")

    def answer(self) -> tuple[Literal["go", "no-go"], str] | None:
        """Return what was said to the scenario under way, and by whom; None: nothing yet."""
        return self._answer

    def finish(self, text: str, kind: Kind = "finished") -> None:
        """End a scenario."""
        with self._lock:
            self.state, self.remedy = "between", ""
            self.enter(kind, text)

    def close(self, text: str) -> None:
        """End the drill."""
        with self._lock:
            self.state = "over"
            self.enter("over", text)

    def enter(self, kind: Kind, text: str = "", who: str = "squall", t: float | None = None) -> DrillEntry:
        """Write down that something happened."""
        with self._lock:
            run = self._run.path.name if self._run is not None else ""
            entry = DrillEntry(self._clock.now() if t is None else t, who, kind, text, self.number, run)
            self._entries.append(entry)
            self.version += 1
            # The drill goes on where there is no room for its log; what is in memory still makes the report.
            with suppress(OSError):
                self._folder.append(entry)
            return entry

    def tell(self, text: str) -> None:
        """Write down what squall says of a run."""
        self.enter("told", safe(text, TEXT))

    def say(self, said: Said, who: str, text: str = "", number: int | None = None) -> None:
        """Take what a person says; ``number`` is the scenario that she saw when she said it (None: this one).

        Raises:
            SaidTooLate: it does not fit what goes on.
            Misuse: no harm may begin now, and why; or a note without words.
        """
        with self._lock:
            name, text = safe(who, NAME) or "somebody", safe(text, TEXT)
            self._check(said, text, number)
            if said == "abort":
                self._abort(name, text)
                return
            if said == "go" or said == "no-go":
                self._answer, self.state = (said, name), "running"
            if said == "remedy":
                text, self.remedy = self.remedy, ""
            self._written(self.enter(said, text, name), said)

    def breach(self, why: str) -> None:
        """Abort because a limit of the drill is passed; a second time changes nothing."""
        with self._lock:
            if self.aborted is None:
                self.enter("breach", why)
                self._abort("squall", why)

    def interrupted(self) -> None:
        """Write down, once, who has ended it all from outside: by ``squall abort``, or at the terminal."""
        with self._lock:
            if self.aborted is None:
                asked = requested_abort(self._folder.path) or AbortRequest("the terminal", "", self._clock.now())
                self.aborted = self.enter("abort", safe(asked.why, TEXT), safe(asked.who, NAME), asked.t)
                self.state = "aborting"
                self._written(self.aborted, "abort")

    def why_aborted(self) -> str:
        """Return who aborted the drill and why; empty: nobody did."""
        if (entry := self.aborted) is None:
            return ""
        return f"aborted by {entry.who}" + (f": {entry.text}" if entry.text else "")

    def _check(self, said: Said, text: str, number: int | None) -> None:
        if self.state == "over":
            raise SaidTooLate("the drill is over")
        if said == "note" and not text:
            raise Misuse("write what the note is to say")
        if said in {"go", "no-go", "remedy"} and number not in {None, self.number}:
            raise SaidTooLate(f"that was for scenario {number}, and scenario {self.number} is under way")
        if said in {"go", "no-go"} and self.state != "waiting":
            by = f" ({self._answer[0].upper()} by {self._answer[1]})" if self._answer else ""
            raise SaidTooLate(f"nobody waits for it{by}")
        if said == "go" and (why := self.bars()):
            raise Misuse(f"not now: {why}")
        if said == "remedy" and not self.remedy:
            raise SaidTooLate("no remedy is waited for")

    def _abort(self, who: str, text: str) -> None:
        """Write the first of them down and interrupt; each that follows only tells that it was heard."""
        if self.aborted is not None:
            return
        self.aborted = DrillEntry(self._clock.now(), who, "abort", text, self.number)
        self._interrupts()
        self.enter("abort", text, who, self.aborted.t)
        if self.state != "before":
            self.state = "aborting"
        self._written(self.aborted, "abort")

    def _written(self, entry: DrillEntry, said: Said) -> None:
        if self._run is not None and self.state != "between":
            with suppress(OSError):
                self._run.append(PersonSaid(entry.t, entry.who, said, entry.text))
