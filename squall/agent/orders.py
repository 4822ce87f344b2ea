"""Carrying out orders, each once. A repeated number gets the answer of the first time, also after a restart."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from squall.agent.harm import Harm, Ready
from squall.agent.journal import Journal, abandoned
from squall.agent.lease import Lease
from squall.agent.place import Place, boot_id
from squall.agent.wire import Message, Refused, unpacked


class Orders:
    """The orders of one run.

    ``hello`` and ``ping`` answer with the clock; ``bye`` ends the agent; all else is a harm. Each renews the lease.
    """

    def __init__(self, place: Place, harms: Mapping[str, Harm], journal: Journal, lease: Lease) -> None:
        self._place, self._harms, self._journal, self._lease = place, harms, journal, lease
        self._answers = journal.answers()
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

    def release(self) -> list[str]:
        """Undo all that stands and return what was read back."""
        return undone(self._journal, self._harms)

    def _obey(self, order: Message) -> Message:
        if order["run"] != self._place.run:
            raise Refused(f"this agent belongs to the run {self._place.run}, not to {order['run']}")
        self._lease.renew()
        if (do := order["do"]) in {"hello", "ping"}:
            return {"boot": boot_id(), "now": time.monotonic(), "pid": os.getpid()}
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
        try:
            self._journal.open(seq, do, aimed.journal())
            answer = _done(aimed)
            self._journal.close(seq, answer)
        finally:
            aimed.close()
        self._lease.renew()
        return answer


def _done(aimed: Ready) -> Message:
    try:
        return aimed.do()
    except OSError as error:
        # Part of it may be done: so it has an answer, and is not done again.
        return {"refused": f"stopped half-way: {error}"}


def undone(journal: Journal, harms: Mapping[str, Harm]) -> list[str]:
    """Undo what stands in a journal, the latest first, and note it there."""
    proofs = []
    for seq, (do, entry) in journal.standing().items():
        if do not in harms:  # written by another version: it stays in the journal for that one
            continue
        proof = harms[do].undo(entry)
        journal.close(seq, {"refused": f"the agent ended while it did this; {proof}"})
        proofs.append(proof)
    return proofs


def recover(folder: Path, own: Path, harms: Mapping[str, Harm]) -> list[str]:
    """Undo what dead agents left on this node; the journals of other runs are then removed."""
    proofs = []
    for journal in abandoned(folder, own):
        proofs += undone(journal, harms)
        journal.end()
    return proofs
