"""Carrying out orders, each once. A repeated number gets the answer of the first time, also after a restart."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from squall.agent.harms.contract import ActiveUntilEnded, CountsPassing, Harm, Ready, Renewed, seconds
from squall.agent.scope.scope import Scope, boot_id
from squall.agent.service.journal import Journal, abandoned
from squall.agent.service.lease import AgentLease
from squall.agent.wire import Message, Refused, unpacked

# No harm stands longer, whatever is ordered.
LONGEST = 3600.0
# How often the kernel is told that a harm is still meant (``Renewed``): well within the 15 s after which it ends one.
RENEW_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class ActiveHarm:
    """A harm that stands, until when (CLOCK_MONOTONIC), and what its order was answered with."""

    do: str
    harm: ActiveUntilEnded
    until: float
    answer: Message


class Orders:
    """The orders of one run.

    ``hello`` and ``ping`` answer with the clock; ``end`` ends the harm of the order ``of``, or tells how it ended (by
    ``released`` what was read back after the agent that held it had died); ``seconds`` tells what passed where the
    order ``of`` watches; ``bye`` ends the agent; all else is a harm. Each renews the lease.
    """

    def __init__(
        self,
        place: Scope,
        harms: Mapping[str, Harm],
        journal: Journal,
        lease: AgentLease,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place, self._harms, self._journal, self._lease, self._now = place, harms, journal, lease, now
        self._answers = journal.answers()
        self._held: dict[int, ActiveHarm] = {}
        self._renewed = now()
        self.ended = False

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

    def due(self) -> float | None:
        """Return how many seconds are left until a harm is over or to be renewed; None if none stands."""
        moments = [held.until for held in self._held.values()]
        if any(isinstance(held.harm, Renewed) for held in self._held.values()):
            moments.append(self._renewed + RENEW_EVERY)
        return min(moments) - self._now() if moments else None

    def tend(self) -> None:
        """End what has stood for as long as it was to last, and renew what is to stand on."""
        for seq, held in sorted(self._held.items(), reverse=True):
            if held.until <= self._now():
                self._end(seq)
        if self._renewed + RENEW_EVERY <= self._now():
            self._renewed = self._now()
            for held in self._held.values():
                if isinstance(held.harm, Renewed):
                    held.harm.renew()

    def release(self) -> list[str]:
        """Undo all that stands and return what was read back; what cannot be undone stays in the journal."""
        proofs = []
        for seq in sorted(self._held, reverse=True):
            ended = self._end(seq)
            proofs += [str(each["how"]) for each in ended.get("targets", ())] or [str(ended.get("refused"))]
        return [*proofs, *undone(self._journal, self._harms)]

    def _obey(self, order: Message) -> Message:
        if order["run"] != self._place.run:
            raise Refused(f"this agent belongs to the run {self._place.run}, not to {order['run']}")
        self._lease.renew()
        if (do := order["do"]) in {"hello", "ping"}:
            return {"boot": boot_id(), "now": time.monotonic(), "pid": os.getpid()}
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
        aimed = self._harms[do].aim(order, self._place)
        stands = False
        try:
            lasts = seconds(order, LONGEST) if isinstance(aimed, ActiveUntilEnded) else 0.0
            self._journal.open(seq, do, aimed.journal())
            answer, failed = _done(aimed)
            if isinstance(aimed, ActiveUntilEnded) and not failed:
                self._held[seq] = ActiveHarm(do, aimed, self._now() + lasts, answer)
                stands = True
            elif failed and isinstance(aimed, ActiveUntilEnded):
                answer = {**answer, "taken back": _taken_back(self._journal, seq, self._harms)}
            else:
                self._journal.close(seq, answer)
        finally:
            if not stands:
                aimed.close()
        self._lease.renew()
        return answer

    def _seconds(self, seq: int, since: int) -> Message:
        held = self._held.get(seq)
        if held is None or not isinstance(held.harm, CountsPassing):
            raise Refused(f"nothing is watched by order {seq}, or not any more")
        # What is counted later than this is of a second that may not be over.
        until = int(self._now())
        try:
            return {"until": until, **held.harm.seconds(since)}
        except OSError as error:
            raise Refused(f"reading what passed: {error}") from error

    def _ended(self, seq: int) -> Message:
        if seq in self._held:
            self._end(seq)
        if (answer := self._answers.get(seq)) is None:
            raise Refused(f"there was no order {seq}")
        if "released" in answer:
            return {"released": answer["released"]}
        if "ended" not in answer:
            raise Refused(str(answer.get("refused") or f"the harm of order {seq} was over when it was done"))
        return dict(answer["ended"])

    def _end(self, seq: int) -> Message:
        held = self._held.pop(seq)
        try:
            ended = held.harm.end()
        except OSError as error:
            # It stays in the journal: whoever comes after this agent tries again.
            ended = {"refused": f"ending {held.do}: {error}"}
            self._answers[seq] = {**held.answer, **ended}
            return ended
        finally:
            held.harm.close()
        self._answers[seq] = {**held.answer, "ended": ended}
        self._journal.close(seq, self._answers[seq])
        return ended


def _done(aimed: Ready) -> tuple[Message, bool]:
    try:
        return aimed.do(), False
    except OSError as error:
        # Part of it may be done: so it has an answer, and is not done again.
        return {"refused": f"stopped half-way: {error}"}, True


def undone(journal: Journal, harms: Mapping[str, Harm]) -> list[str]:
    """Undo what stands in a journal, the latest first, and note it there; what cannot be undone stays in it."""
    # What another version has written stays in the journal for that one.
    return [_taken_back(journal, seq, harms) for seq, (do, _) in journal.standing().items() if do in harms]


def _taken_back(journal: Journal, seq: int, harms: Mapping[str, Harm]) -> str:
    do, entry = journal.standing()[seq]
    try:
        proof = harms[do].undo(entry)
    except (OSError, Refused, LookupError, TypeError, ValueError) as error:
        # An entry that makes no sense is no reason to leave the next one.
        return f"not undone: {do}: {type(error).__name__}: {error}"
    # Who asks for the harm is told that it was not done to its end, and who asks for its end that it came before.
    try:
        journal.close(seq, {"refused": f"the agent ended while it did this; {proof}", "released": proof})
    except OSError as error:
        # It stays open in the journal and is undone once more, which changes nothing.
        return f"{proof} (not noted: {error})"
    return proof


def recover(folder: Path, own: Path, harms: Mapping[str, Harm]) -> list[str]:
    """Undo what dead agents left on this node; the journals of other runs are then removed."""
    proofs = []
    for journal in abandoned(folder, own):
        if unreadable := journal.unreadable():
            proofs.append(f"{journal.path.name}: {unreadable} lines cannot be read, what they say is not undone")
        proofs += undone(journal, harms)
        journal.end()
    return proofs
