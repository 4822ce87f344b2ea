"""Follows the run that is under way: what it is at, how far its claims are, and whether the drill must be aborted.

Reads the run's folder in a thread of its own; the run does not wait for it. The one reader, however many look on.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from squall.claims.claim import Settling
from squall.claims.remedy_carried_out import RemedyCarriedOut
from squall.clock import SYSTEM, Clock
from squall.gameday.abort_watch import AbortWatch, Suffering
from squall.gameday.board import Board
from squall.measure.harm import onset
from squall.process.background import background
from squall.record.event import Event, PersonSaid, PhaseBegan
from squall.record.folder import Record, RunFolder
from squall.report.live import Moment, Viewer
from squall.run.scenario import Scenario
from squall.run.traffic_log import TrafficLog

LOOK_EVERY = 0.25
# Judging takes longer the more there is: a twentieth of the time at the most, and it comes no sooner than this (s).
_JUDGE_EVERY, _SHARE = 2.0, 20.0
_UNSEEN = "it is not seen yet how users fare"
HARMED = frozenset({"steady", "harm", "observe"})


@dataclass(frozen=True, slots=True)
class ClaimState:
    """How far a claim is decided: ``state`` is open until nothing can change its verdict any more."""

    text: str
    state: str = "open"


@dataclass(frozen=True, slots=True)
class RunState:
    """How the run under way goes; ``phase`` is its name in the record, ``moment`` what is said of it."""

    title: str
    fault: str
    phase: str
    moment: Moment | None
    users: Suffering | None
    claims: Sequence[ClaimState]
    targets: Sequence[str] = ()


class Follower:
    """Of one run of a drill; ``state`` is None before it begins."""

    def __init__(self, scenario: Scenario, board: Board, folder: RunFolder, clock: Clock = SYSTEM) -> None:
        self._scenario, self._board, self._folder, self._clock = scenario, board, folder, clock
        self._viewer = Viewer(folder, clock)
        condition = board.drill.abort
        self._watch = AbortWatch(condition, folder) if condition is not None else None
        self._claims = [ClaimState(promise.text) for promise in scenario.promises]
        self._log = TrafficLog(scenario, folder)
        self._next_judgement = 0.0
        self.state: RunState | None = None

    def look(self) -> RunState:
        """Look once, and abort the drill if one of its limits is passed."""
        events = self._folder.timeline()
        phase = next((event.name for event in reversed(events) if isinstance(event, PhaseBegan)), "prepare")
        users = self._watch.look(self._clock.now()) if self._watch is not None else None
        if phase in HARMED:
            self._abort_if(users.breach if users else "")
            self._abort_if(self._closed())
        self._board.remedy = self._remedy(events) if phase == "observe" else ""
        if phase in {"observe", "undo", "hold"}:
            self._judge()
        moment = self._viewer.look()
        plan = self._folder.plan() if self._folder.begun else None
        fault, targets = (plan.fault, [target.name for target in plan.targets]) if plan else ("", [])
        self.state = RunState(self._scenario.title, fault, phase, moment, users, tuple(self._claims), targets)
        self._board.version += 1
        return self.state

    @contextmanager
    def following(self) -> Iterator[None]:
        """Look again and again, in a thread, while the block runs.

        What keeps it from looking aborts the drill: a condition that is not watched protects nobody.
        """
        with background("squall-follower", self._rounds):
            yield

    def _rounds(self, over: threading.Event) -> None:
        while not over.wait(LOOK_EVERY):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - a thread has no caller: nobody would watch the condition
                self._board.breach(f"the run cannot be followed any more: {type(error).__name__}: {error}")
                return

    def bars(self) -> str:
        """Say why the harm may not begin now: users already suffer, or there is no time left; empty: it may."""
        if self.state is None:
            return "the run has not begun"
        if (users := self.state.users) is not None and (users.breach or users.success is None):
            return f"the abort condition is met already: {users.breach}" if users.breach else _UNSEEN
        window = self._board.drill.window
        takes = self._scenario.system.steady.window + self._scenario.observation
        return window.shut(datetime.now(UTC), takes) if window else ""

    def _remedy(self, events: Sequence[Event]) -> str:
        """Return the first remedy that is waited for and that nobody has carried out yet; empty: none is."""
        said = {event.text for event in events if isinstance(event, PersonSaid) and event.said == "remedy"}
        claims = [promise.claim for promise in self._scenario.promises]
        awaited = (claim.remedy for claim in claims if isinstance(claim, RemedyCarriedOut))
        return next((remedy for remedy in awaited if remedy not in said), "")

    def _abort_if(self, why: str) -> None:
        if why:
            self._board.breach(why)

    def _closed(self) -> str:
        window = self._board.drill.window
        return window.shut(datetime.now(UTC)) if window else ""

    def _judge(self) -> None:
        """Judge the claims that are still open, by what there is."""
        began = self._clock.now()
        if began < self._next_judgement or not any(each.state == "open" for each in self._claims):
            return
        self._log.read()
        known, record = self._log.known(began), self._folder.load()
        self._claims = [self._judged(number, record, known) for number in range(len(self._claims))]
        now = self._clock.now()
        self._next_judgement = now + max(_JUDGE_EVERY, _SHARE * (now - began))

    def _judged(self, number: int, record: Record, known: float) -> ClaimState:
        before, claim = self._claims[number], self._scenario.promises[number].claim
        harmed = onset(record)
        if before.state != "open" or harmed is None or not isinstance(claim, Settling):
            return before
        if not claim.settled(record, harmed, known):
            return before
        return ClaimState(before.text, claim.judge(record.until(known), harmed).verdict.name)
