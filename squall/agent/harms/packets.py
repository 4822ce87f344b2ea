"""What the harms to packets share: rules of our own in the targets' network namespaces, and how their bite is proven.

A harm is proven by two things together: an attempt from inside the namespace that got through before and fails now,
and packets that our own counter has counted. No harm is defined here.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from squall.agent.harms.contract import (
    AS_STATED,
    BY_OTHERS,
    TARGET_GONE,
    Means,
    each_of,
    effect,
    ending,
    targets,
)
from squall.agent.linux.namespaces import Namespace, network_of
from squall.agent.linux.nft_table import Table, name_of, removed
from squall.agent.scope.processes import Process
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# The counter of packets that were dropped or refused.
LOST = "lost"
# An attempt that got through before takes well below a millisecond on one machine, and some between machines.
THROUGH_WITHIN = 1.0
FAILS_WITHIN = 0.3
PROVEN_WITHIN = 3.0
LOOK_EVERY = 0.005


@dataclass(frozen=True, slots=True)
class Spot:
    """One target of an order: what was ordered, for which target, in which network namespace."""

    order: Message
    target: Message
    process: Process
    namespace: Namespace
    proc: Path


class Cut(Protocol):
    """What a harm does to packets at one target."""

    @property
    def rules(self) -> str:
        """Chains in nft's language, for ``Table.load``; what they take counts in ``LOST``."""
        ...

    def attempt(self, within: float) -> str:
        """Try from inside what the rules are to prevent; say how it failed, or nothing if it got through."""
        ...

    def sever(self) -> str:
        """With the rules in place, reset established connections that are to end; say what was ended."""
        ...


Cutting = Callable[[Spot], Cut]


class Packets:
    """A harm to packets; ``cutting`` says what it does at a spot, and raises Refused where it means nothing."""

    needs: ClassVar = frozenset({Means.NETWORK})

    def __init__(self, cutting: Cutting) -> None:
        self._cutting = cutting

    def pin(self, order: Message, scope: Scope) -> "PacketHarm":
        if shutil.which("nft") is None:
            raise Refused("nft is not installed where the agent runs")
        with ExitStack() as stack:
            spots = []
            for target in order["targets"]:
                process, namespace = network_of(target, scope)
                stack.callback(namespace.close)
                spots.append(Spot(order, target, process, namespace, scope.proc))
            try:
                sites = [self._site(spot, index, scope.run) for index, spot in enumerate(spots)]
            except OSError as error:
                raise Refused(f"looking into the network: {error}") from error
            return PacketHarm(sites, stack.pop_all())

    def undo(self, entry: Message) -> str:
        proc = Path(entry["proc"])
        return "; ".join(each_of(lambda site: removed(proc, int(site["network"]), site["table"]), entry["sites"]))

    def _site(self, spot: Spot, index: int, run: str) -> "PacketSite":
        cut = self._cutting(spot)
        if failed := cut.attempt(THROUGH_WITHIN):
            raise Refused(f"{failed}, before anything was done: a harm could not be told from that")
        return PacketSite(spot, cut, Table(spot.namespace, name_of(run, int(spot.order["seq"]), index)))


@dataclass(frozen=True, slots=True)
class PacketSite:
    """One target with its rules."""

    spot: Spot
    cut: Cut
    table: Table

    def __str__(self) -> str:
        return f"process {self.spot.process.pid}"

    def prove(self, sent: float) -> Message:
        """Sever what is established, try from inside, and read the counter."""
        severed = self.cut.sever()
        with ThreadPoolExecutor(1) as pool:
            attempt = pool.submit(self.cut.attempt, FAILS_WITHIN)
            lost, seen = self._lost(sent + PROVEN_WITHIN)
            failed = attempt.result()
        if not failed:
            return effect(False, f"an attempt from inside {self} still gets through", sent)
        if not lost:
            return effect(False, f"{failed} from inside {self}, but no packet met the rules", sent)
        told = f"{failed} from inside {self}; {lost} packets lost by {seen - sent:.3f} s (nft counter)"
        return effect(True, "; ".join(filter(None, (told, severed))), sent, seen)

    def end(self) -> Message:
        """Take the rules away, if they are still those that were made."""
        sent = time.monotonic()
        if not self.spot.namespace.peopled():
            return ending(TARGET_GONE, f"the network of {self} was gone before the end", None, sent)
        if changed := self.table.changed():
            self.table.remove()
            return ending(BY_OTHERS, f"{changed} before the end, in the network of {self}", None, sent)
        lost = self.table.counted()[LOST]
        self.table.remove()
        return ending(AS_STATED, f"{lost} packets were lost; {self.table.name} is gone", sent, time.monotonic())

    def _lost(self, deadline: float) -> tuple[int, float]:
        while True:
            lost, seen = self.table.counted()[LOST], time.monotonic()
            if lost or seen > deadline:
                return lost, seen
            time.sleep(LOOK_EVERY)


class PacketHarm:
    """Rules for the targets' networks, whose namespaces are open."""

    def __init__(self, sites: Sequence[PacketSite], stack: ExitStack) -> None:
        self._sites, self._stack = sites, stack

    def journal(self) -> Message:
        sites = [{"network": site.spot.namespace.number, "table": site.table.name} for site in self._sites]
        return {"proc": str(self._sites[0].spot.proc) if self._sites else "/proc", "sites": sites}

    def do(self) -> Message:
        sent = []
        for site in self._sites:
            sent.append(time.monotonic())
            site.table.load(f"counter {LOST} {{ }}\n{site.cut.rules}")
        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return targets(list(pool.map(PacketSite.prove, self._sites, sent)))

    def renew(self) -> None:
        for site in self._sites:
            site.table.renew()

    def end(self) -> Message:
        return targets(each_of(PacketSite.end, self._sites))

    def close(self) -> None:
        self._stack.close()
