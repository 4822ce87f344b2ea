"""Harms to a target's answers, by the proxy at its gate: slower, errors, resets, nothing; and a gate that only watches.

``{"do": "slow", "targets": [...], "delay": 0.5, "jitter": 0.1, "lasts": seconds}``; ``errors`` with ``share`` and
``status``, ``reset`` with ``share``, ``silent``, ``door`` (harms nobody). ``standing`` false: for new connections.
"""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from squall.agent.harms.contract import (
    AS_STATED,
    BY_OTHERS,
    TARGET_GONE,
    Harm,
    Means,
    Ready,
    each_of,
    ending,
    targets,
)
from squall.agent.harms.fixed_proxy import FixedProxyFault
from squall.agent.harms.packets import THROUGH_WITHIN, Spot
from squall.agent.harms.proof import harmed, proven, said
from squall.agent.harms.redirect import Redirect
from squall.agent.harms.redirects import Redirects
from squall.agent.linux.addresses import Address, own
from squall.agent.linux.connectivity import connected_to
from squall.agent.linux.namespaces import network_of
from squall.agent.linux.nft_table import name_of, taken_away, translating
from squall.agent.linux.sockets import listening
from squall.agent.proxy.behaviour import ERRORS, PASS, RESET, SILENT, SLOW, Mood
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# What counts calls and harms none.
DOOR = "door"


class Answers:
    """A harm to answers: at the fixed proxies that the targets have, else by one in each target's network.

    ``does`` is its behaviour's name, or ``DOOR``.
    """

    needs: ClassVar = frozenset({Means.PROXY})

    def __init__(self, does: str, gates: Redirects) -> None:
        self._proxied, self._fixed = Proxied(does, gates), FixedProxyFault(PASS if does == DOOR else does)

    def aim(self, order: Message, place: Scope) -> Ready:
        fixed = any("door" in target for target in order["targets"])
        return self._fixed.aim(order, place) if fixed else self._proxied.aim(order, place)

    def undo(self, entry: Message) -> str:
        return self._fixed.undo(entry) if "doors" in entry else self._proxied.undo(entry)


class Proxied:
    """A harm by the proxy; ``does`` is its mood's name, or ``DOOR``."""

    def __init__(self, does: str, gates: Redirects) -> None:
        self._does, self._gates = does, gates

    def aim(self, order: Message, place: Scope) -> "ProxyHarm":
        """Open each target's network and see that a gate can stand there, and that the target answers."""
        if shutil.which("nft") is None:
            raise Refused("nft is not installed where the agent runs")
        mood = Mood() if self._does == DOOR else Mood.of({**order, "does": self._does})
        with ExitStack() as held:
            sites = []
            for index, target in enumerate(order["targets"]):
                process, namespace = network_of(target, place)
                held.callback(namespace.close)
                spot = Spot(order, target, process, namespace, place.proc)
                name = name_of(place.run, int(order["seq"]), index)
                try:
                    sites.append(_site(spot, name, mood, self._gates))
                except OSError as error:
                    raise Refused(f"looking into the network: {error}") from error
            return ProxyHarm(sites, self._gates, held.pop_all())

    def undo(self, entry: Message) -> str:
        """Take away the rules that lead to a proxy; one whose agent died is dead itself."""
        self._gates.drop({int(site["network"]): site["table"] for site in entry["sites"]})
        proc = Path(entry["proc"])
        proofs = each_of(lambda site: taken_away(proc, int(site["network"]), site["table"]), entry["sites"])
        proofs += each_of(lambda number: self._gates.calm(int(number)), entry.get("used", ()))
        return "; ".join(proofs) or "it used a gate that was there"


@dataclass(frozen=True, slots=True)
class ProxySite:
    """One target, its gate's name, and what is to be done there."""

    spot: Spot
    name: str
    mood: Mood
    address: Address
    ports: Sequence[int]
    gates: Redirects

    def __str__(self) -> str:
        return f"process {self.spot.process.pid}"

    def begin(self) -> float:
        """Open the gate or use the one that is there; return the moment before the mood was changed."""
        standing = bool(self.spot.order.get("standing", True))
        gate = self.gates.enter(self.spot, self.name, self.address, self.ports, standing)
        sent = time.monotonic()
        if self.mood.does != PASS:
            gate.ask("mood", **self.mood.order())
        return sent

    def prove(self, sent: float) -> Message:
        """Wait for real traffic to be harmed; if none comes, try."""
        return proven(self._gate, self.mood, sent, str(self), self.spot.namespace, self.address, self.ports[0])

    def end(self) -> Message:
        """Let everything pass again, and shut the gate if nobody else uses it."""
        sent, gate = time.monotonic(), self._gate
        if not self.spot.namespace.peopled(frozenset({gate.pid})):
            self.gates.leave(self.spot)
            return ending(TARGET_GONE, f"the network of {self} was gone before the end", None, sent)
        if changed := self._changed(gate):
            return ending(BY_OTHERS, f"{changed} before the end, at {self}; {self.gates.leave(self.spot)}", None, sent)
        counts = gate.counts()
        if self.mood.does != PASS:
            gate.ask("mood", does=PASS)
        over = time.monotonic()
        how = f"{counts['calls']} calls, {said(self.mood, counts)}; {self.gates.leave(self.spot)}"
        met = harmed(self.mood, counts)
        return ending(AS_STATED, f"{how}; {time.monotonic() - over:.2f} s to drain", sent, over, met)

    @property
    def _gate(self) -> Redirect:
        gate = self.gates.at(self.spot)
        if gate is None:
            raise OSError(f"the gate at {self} is gone")
        return gate

    def _changed(self, gate: Redirect) -> str:
        try:
            gate.counts()
        except OSError as error:
            return str(error)
        return gate.table.stands()


class ProxyHarm:
    """A harm by the proxy whose targets' networks are held open."""

    def __init__(self, sites: Sequence[ProxySite], gates: Redirects, held: ExitStack) -> None:
        self._sites, self._gates, self._held = sites, gates, held

    def journal(self) -> Message:
        """Return which table will be in which network; a gate that is there is in the entry of who opened it."""
        new = [site for site in self._sites if self._gates.at(site.spot) is None]
        used = [site.spot.namespace.number for site in self._sites if site not in new and site.mood.does != PASS]
        sites = [{"network": site.spot.namespace.number, "table": site.name} for site in new]
        return {"proc": str(self._sites[0].spot.proc) if self._sites else "/proc", "sites": sites, "used": used}

    def do(self) -> Message:
        """Begin at all targets, then prove each."""
        sent = list(self._begun())
        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return targets(list(pool.map(ProxySite.prove, self._sites, sent)))

    def _begun(self) -> Iterator[float]:
        for index, site in enumerate(self._sites):
            try:
                yield site.begin()
            except OSError:
                for other in self._sites[:index]:
                    other.end()
                raise

    def renew(self) -> None:
        """Renew the lease of each gate."""
        for site in self._sites:
            if (gate := self._gates.at(site.spot)) is not None:
                gate.table.renew()

    def end(self) -> Message:
        """End it at all targets."""
        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return targets(list(pool.map(ProxySite.end, self._sites)))

    def seconds(self, since: int) -> Message:
        """Return for each target what its gate saw in each second since one."""
        found = [(site, self._gates.at(site.spot)) for site in self._sites]
        return targets([{"seconds": gate.ask("seconds", since=since)["seconds"] if gate else []} for _, gate in found])

    def close(self) -> None:
        """Let go of the networks."""
        self._held.close()


def _site(spot: Spot, name: str, mood: Mood, gates: Redirects) -> ProxySite:
    gate = gates.at(spot)
    own_ports = {gate.port} if gate is not None else set[int]()
    ports = sorted({each.port for each in listening(spot.namespace)} - own_ports)
    addresses = own(spot.proc, spot.process.pid)
    if not ports or not addresses:
        raise Refused(f"process {spot.process.pid} listens on no TCP port that others could reach")
    if others := translating(spot.namespace):
        raise Refused(f"connections to process {spot.process.pid} are led elsewhere by the table {others[0]} (a mesh?)")
    if failed := connected_to(spot.namespace, addresses[0], ports[0], THROUGH_WITHIN):
        raise Refused(f"{failed}, before anything was done: a harm could not be told from that")
    return ProxySite(spot, name, mood, addresses[0], ports, gates)


# A proxy that watches and one that harms are the same, so that they do not stand in a row.
_REDIRECTS = Redirects()
WATCH: Harm = Answers(DOOR, _REDIRECTS)
HARMS: Mapping[str, Harm] = {
    "errors": Answers(ERRORS, _REDIRECTS),
    "reset": Answers(RESET, _REDIRECTS),
    "silent": Answers(SILENT, _REDIRECTS),
    "slow": Answers(SLOW, _REDIRECTS),
}
