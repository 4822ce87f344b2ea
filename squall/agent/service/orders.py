"""Carrying out orders, each once. A repeated number gets the answer of the first time, also after a restart."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from squall.agent.harms.contract import ActiveUntilEnded, CountsPassing, Harm, Ready, Renewed, seconds
from squall.agent.scope.scope import Scope, boot_id
from squall.agent.service.journal import Journal
from squall.agent.service.recovery import Entry, note, undo_entry
from squall.agent.wire import VERSION, Message, Refused, unpacked

# No harm is active for longer, whatever is ordered.
LONGEST = 3600.0
# How often the kernel is told that a harm is still meant (``Renewed``): well within the 15 s after which it ends one.
RENEW_EVERY = 5.0
# How soon what could not be undone, or not be noted, is tried again.
RETRY_EVERY = 1.0


def boottime() -> float:
    """Return CLOCK_BOOTTIME in seconds, which goes on while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class AgentLease:
    """Runs out ``length`` seconds after it was last renewed, for good; ``now`` is CLOCK_BOOTTIME.

    After a suspend the harness goes on as if nothing had been, and others have counted on the end.
    """

    def __init__(self, length: float, now: Callable[[], float] = boottime) -> None:
        self._length, self._now = length, now
        self._until = now() + length

    def renew(self) -> None:
        """Begin anew, unless it has run out."""
        if self.left > 0:
            self._until = self._now() + self._length

    @property
    def left(self) -> float:
        """Seconds until it runs out; not above 0 once it has."""
        return self._until - self._now()


@dataclass(frozen=True, slots=True)
class ActiveHarm:
    """A harm that is active, until when (CLOCK_MONOTONIC), its entry in the journal, and the answer to its order."""

    do: str
    harm: ActiveUntilEnded
    until: float
    entry: Message
    answer: Message


class Orders:
    """The orders of one run.

    ``hello`` and ``ping`` answer with the clock; ``end`` ends the harm of the order ``of``, or tells how it ended (by
    ``released`` what was read back by whoever undid it later); ``seconds`` tells what passed where the order ``of``
    watches; ``bye`` ends the agent; all else is a harm. Each renews the lease.

    Whatever fails at one harm or in the journal, the others are ended in their time: what could not be undone or noted
    is kept and tried again every ``RETRY_EVERY`` seconds, as long as the agent lives.
    """

    def __init__(
        self,
        scope: Scope,
        harms: Mapping[str, Harm],
        journal: Journal,
        lease: AgentLease,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scope, self._harms, self._journal, self._lease, self._now = scope, harms, journal, lease, now
        self._answers = journal.answers()
        self._active: dict[int, ActiveHarm] = {}
        # What is neither active nor undone, and what is undone and not noted yet.
        self._left: dict[int, Entry] = journal.open_entries()
        for seq, (do, _) in self._left.items():
            self._answers.setdefault(seq, {"refused": f"the agent ended while it did this, and {do} is not undone yet"})
        self._unnoted: dict[int, Message] = {}
        self._renewed = self._tried = now()
        self.ended = False

    @property
    def left(self) -> int:
        """How many harms could not be undone."""
        return len(self._left)

    def answer(self, line: bytes) -> Message:
        """Carry out the order of one line and return its answer; a refusal is an answer with ``refused``."""
        seq = None
        try:
            order = unpacked(line)
            seq = order.get("seq")
            return {"seq": seq, **self._obey(order)}
        except Refused as refusal:
            return {"seq": seq, "refused": str(refusal)}
        except (KeyError, TypeError, ValueError) as error:
            return {"seq": seq, "refused": f"not understood: {type(error).__name__}: {error}"}
        except Exception as error:  # noqa: BLE001 - an agent that ended here would leave all other harms to a successor
            return {"seq": seq, "refused": f"not done: {_said(error)}"}

    def due(self) -> float | None:
        """Return how many seconds are left until something is to be ended, renewed or tried again; None if nothing."""
        moments = [active.until for active in self._active.values()]
        if any(isinstance(active.harm, Renewed) for active in self._active.values()):
            moments.append(self._renewed + RENEW_EVERY)
        if self._left or self._unnoted:
            moments.append(self._tried + RETRY_EVERY)
        return min(moments) - self._now() if moments else None

    def tend(self) -> None:
        """End what is active and due, renew the rest, and try again what failed. Raises nothing."""
        for seq, active in sorted(self._active.items(), reverse=True):
            if active.until <= self._now():
                self._end(seq)
        if self._renewed + RENEW_EVERY <= self._now():
            self._renewed = self._now()
            for active in self._active.values():
                _renew(active)
        if self._tried + RETRY_EVERY <= self._now():
            self._try_again()

    def release(self) -> list[str]:
        """Undo all that is active or was left, and return what was read back. Raises nothing; see ``left``."""
        proofs = []
        for seq in sorted(self._active, reverse=True):
            ended = self._end(seq)
            proofs += [str(each["how"]) for each in ended.get("targets", ())] or [str(ended.get("refused"))]
        return proofs + self._try_again()

    def close(self) -> None:
        """Close the journal; its file stays if something could not be undone."""
        self._journal.end(remove=not self._left)

    def _obey(self, order: Message) -> Message:
        if order["run"] != self._scope.run:
            raise Refused(f"this agent belongs to the run {self._scope.run}, not to {order['run']}")
        self._lease.renew()
        if (do := order["do"]) == "hello" and order.get("version") != VERSION:
            raise Refused(f"it speaks version {VERSION} of squall's orders, and was asked in version "
                          f"{order.get('version', 1)}: the agent must be of the same release as squall")  # fmt: skip
        if do in {"hello", "ping"}:
            return {"version": VERSION, "boot": boot_id(), "now": time.monotonic(), "pid": os.getpid()}
        if do == "end":
            return self._ended(int(order["of"]))
        if do == "seconds":
            return self._seconds(int(order["of"]), int(order["since"]))
        if do == "bye":
            self.ended = True
            return {"released": self.release()}
        if do not in self._harms:
            raise Refused(f"there is no harm named {do!r} here")
        return self._once(int(order["seq"]), do, order)

    def _once(self, seq: int, do: str, order: Message) -> Message:
        if seq in self._answers:
            return {**self._answers[seq], "again": True}
        if self._answers and seq < max(self._answers):
            raise Refused(f"order {seq} comes after order {max(self._answers)}")
        self._answers[seq] = self._carry_out(seq, do, order)
        return self._answers[seq]

    def _carry_out(self, seq: int, do: str, order: Message) -> Message:
        ready = self._harms[do].pin(order, self._scope)
        active = False
        try:
            lasts = seconds(order, LONGEST) if isinstance(ready, ActiveUntilEnded) else 0.0
            entry = ready.journal()
            self._write_down(seq, do, entry)
            answer, failed = _done(ready)
            if isinstance(ready, ActiveUntilEnded) and not failed:
                self._active[seq] = ActiveHarm(do, ready, self._now() + lasts, entry, answer)
                active = True
            elif failed:
                self._left[seq] = (do, entry)
                answer = {**answer, "taken back": self._undo(seq)}
            else:
                self._note(seq, answer)
        finally:
            if not active:
                _close(ready)
        self._lease.renew()
        return answer

    def _write_down(self, seq: int, do: str, entry: Message) -> None:
        try:
            self._journal.open(seq, do, entry)
        except OSError as error:
            # Nothing is done that nobody could undo.
            raise Refused(f"it cannot be written down, so it was not done: {error}") from error

    def _seconds(self, seq: int, since: int) -> Message:
        active = self._active.get(seq)
        if active is None or not isinstance(active.harm, CountsPassing):
            raise Refused(f"nothing is watched by order {seq}, or not any more")
        # What is counted later than this is of a second that may not be over.
        until = int(self._now())
        try:
            return {"until": until, **active.harm.seconds(since)}
        except OSError as error:
            raise Refused(f"reading what passed: {error}") from error

    def _ended(self, seq: int) -> Message:
        if seq in self._active:
            self._end(seq)
        if (answer := self._answers.get(seq)) is None:
            raise Refused(f"there was no order {seq}")
        if "released" in answer:
            return {"released": answer["released"]}
        if "ended" not in answer:
            raise Refused(str(answer.get("refused") or f"the harm of order {seq} was over when it was done"))
        return dict(answer["ended"])

    def _end(self, seq: int) -> Message:
        active = self._active.pop(seq)
        try:
            ended = active.harm.end()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next harm is to be ended too
            # Part of it may be over, so it is not ended once more but undone, which asks at each target what is left.
            ended = {"refused": f"ending {active.do}: {_said(error)}"}
            self._left[seq], self._tried = (active.do, active.entry), self._now()
            self._answers[seq] = {**active.answer, **ended}
            return ended
        finally:
            _close(active.harm)
        self._answers[seq] = {**active.answer, "ended": ended}
        self._note(seq, self._answers[seq])
        return ended

    def _note(self, seq: int, answer: Message) -> None:
        if note(self._journal, seq, answer):
            self._unnoted[seq], self._tried = answer, self._now()

    def _undo(self, seq: int) -> str:
        """Undo what is left of one order, and return what was read back, or why it is not undone."""
        tried = undo_entry(self._journal, seq, self._left[seq], self._harms)
        if tried.undone:
            del self._left[seq]
            if seq in self._answers:
                self._answers[seq] = {**self._answers[seq], "released": tried.said}
        return tried.said

    def _try_again(self) -> list[str]:
        """Undo and note what could not be before; return what came of the undos."""
        self._tried = self._now()
        proofs = [self._undo(seq) for seq in sorted(self._left, reverse=True)]
        self._unnoted = {seq: answer for seq, answer in self._unnoted.items() if note(self._journal, seq, answer)}
        return proofs


def _done(ready: Ready) -> tuple[Message, bool]:
    try:
        return ready.do(), False
    except Exception as error:  # noqa: BLE001 - part of it may be done: so it has an answer, and is not done again
        return {"refused": f"stopped half-way: {_said(error)}"}, True


def _renew(active: ActiveHarm) -> None:
    if isinstance(active.harm, Renewed):
        # What was not renewed in time says so at its end.
        with suppress(Exception):
            active.harm.renew()


def _close(ready: Ready) -> None:
    # What could not be let go of goes with this process.
    with suppress(Exception):
        ready.close()


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
