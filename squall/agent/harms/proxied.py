"""Harms to a target's answers, by a proxy to which its calls are redirected; and one that only watches them.

``{"do": "Slower", "targets": [...], "delay": 0.5, "jitter": 0.1, "lasts": seconds}``; ``ErrorsAnswered`` with
``share`` and ``status``, ``Resets`` with ``share``, ``Silence``, ``WatchCalls`` (harms nobody). With
``established`` false only new connections are redirected.
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
from squall.agent.linux.nft_table import name_of, removed, translating
from squall.agent.linux.sockets import listening
from squall.agent.proxy.behaviour import ERRORS, PASS, RESET, SILENT, SLOW, Behaviour
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# What counts calls and harms none.
WATCH_CALLS = "WatchCalls"


class Answers:
    """A harm to answers: at the fixed proxies that the targets have, else by one in each target's network.

    ``does`` is its behaviour's name, or ``WATCH_CALLS``.
    """

    needs: ClassVar = frozenset({Means.PROXY})

    def __init__(self, does: str, redirects: Redirects) -> None:
        self._proxied, self._fixed = Proxied(does, redirects), FixedProxyFault(PASS if does == WATCH_CALLS else does)

    def pin(self, order: Message, scope: Scope) -> Ready:
        fixed = any("proxy" in target for target in order["targets"])
        return self._fixed.pin(order, scope) if fixed else self._proxied.pin(order, scope)

    def undo(self, entry: Message) -> str:
        return self._fixed.undo(entry) if "proxies" in entry else self._proxied.undo(entry)


class Proxied:
    """A harm by the proxy; ``does`` is its behaviour's name, or ``WATCH_CALLS``."""

    def __init__(self, does: str, redirects: Redirects) -> None:
        self._does, self._redirects = does, redirects

    def pin(self, order: Message, scope: Scope) -> "ProxyHarm":
        if shutil.which("nft") is None:
            raise Refused("nft is not installed where the agent runs")
        behaviour = Behaviour() if self._does == WATCH_CALLS else Behaviour.of({**order, "does": self._does})
        with ExitStack() as stack:
            sites = []
            for index, target in enumerate(order["targets"]):
                process, namespace = network_of(target, scope)
                stack.callback(namespace.close)
                spot = Spot(order, target, process, namespace, scope.proc)
                name = name_of(scope.run, int(order["seq"]), index)
                try:
                    sites.append(_site(spot, name, behaviour, self._redirects))
                except OSError as error:
                    raise Refused(f"looking into the network: {error}") from error
            return ProxyHarm(sites, self._redirects, stack.pop_all())

    def undo(self, entry: Message) -> str:
        # A proxy whose agent died is dead itself.
        self._redirects.drop({int(site["network"]): site["table"] for site in entry["sites"]})
        proc = Path(entry["proc"])
        proofs = each_of(lambda site: removed(proc, int(site["network"]), site["table"]), entry["sites"])
        proofs += each_of(lambda number: self._redirects.calm(int(number)), entry.get("used", ()))
        return "; ".join(proofs) or "it used a redirect of another order"


@dataclass(frozen=True, slots=True)
class ProxySite:
    """One target, its redirect's name, and what is to be done there."""

    spot: Spot
    name: str
    behaviour: Behaviour
    address: Address
    ports: Sequence[int]
    redirects: Redirects

    def __str__(self) -> str:
        return f"process {self.spot.process.pid}"

    def begin(self) -> float:
        """Open the redirect or use the one that is there; return the moment before the behaviour was changed."""
        established = bool(self.spot.order.get("established", True))
        redirect = self.redirects.enter(self.spot, self.name, self.address, self.ports, established)
        sent = time.monotonic()
        if self.behaviour.does != PASS:
            redirect.ask("behaviour", **self.behaviour.order())
        return sent

    def prove(self, sent: float) -> Message:
        """Wait for real traffic to be harmed; if none comes, try."""
        return proven(self._redirect, self.behaviour, sent, str(self), self.spot.namespace, self.address, self.ports[0])

    def end(self) -> Message:
        sent, redirect = time.monotonic(), self._redirect
        if not self.spot.namespace.peopled(frozenset({redirect.pid})):
            self.redirects.leave(self.spot)
            return ending(TARGET_GONE, f"the network of {self} was gone before the end", None, sent)
        if changed := self._changed(redirect):
            return ending(
                BY_OTHERS, f"{changed} before the end, at {self}; {self.redirects.leave(self.spot)}", None, sent
            )
        counts = redirect.counts()
        if self.behaviour.does != PASS:
            redirect.ask("behaviour", does=PASS)
        over = time.monotonic()
        how = f"{counts['calls']} calls, {said(self.behaviour, counts)}; {self.redirects.leave(self.spot)}"
        met = harmed(self.behaviour, counts)
        return ending(AS_STATED, f"{how}; {time.monotonic() - over:.2f} s to drain", sent, over, met)

    @property
    def _redirect(self) -> Redirect:
        redirect = self.redirects.at(self.spot)
        if redirect is None:
            raise OSError(f"the redirect at {self} is gone")
        return redirect

    def _changed(self, redirect: Redirect) -> str:
        try:
            redirect.counts()
        except OSError as error:
            return str(error)
        return redirect.table.changed()


class ProxyHarm:
    """Redirects in the targets' networks, whose namespaces are open."""

    def __init__(self, sites: Sequence[ProxySite], redirects: Redirects, stack: ExitStack) -> None:
        self._sites, self._redirects, self._stack = sites, redirects, stack

    def journal(self) -> Message:
        """Return which table will be in which network; one that is open already is in its opener's entry."""
        new = [site for site in self._sites if self._redirects.at(site.spot) is None]
        used = [site.spot.namespace.number for site in self._sites if site not in new and site.behaviour.does != PASS]
        sites = [{"network": site.spot.namespace.number, "table": site.name} for site in new]
        return {"proc": str(self._sites[0].spot.proc) if self._sites else "/proc", "sites": sites, "used": used}

    def do(self) -> Message:
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
        for site in self._sites:
            if (redirect := self._redirects.at(site.spot)) is not None:
                redirect.table.renew()

    def end(self) -> Message:
        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return targets(list(pool.map(ProxySite.end, self._sites)))

    def seconds(self, since: int) -> Message:
        found = [(site, self._redirects.at(site.spot)) for site in self._sites]
        return targets(
            [{"seconds": redirect.ask("seconds", since=since)["seconds"] if redirect else []} for _, redirect in found]
        )

    def close(self) -> None:
        self._stack.close()


def _site(spot: Spot, name: str, behaviour: Behaviour, redirects: Redirects) -> ProxySite:
    redirect = redirects.at(spot)
    own_ports = {redirect.port} if redirect is not None else set[int]()
    ports = sorted({each.port for each in listening(spot.namespace)} - own_ports)
    addresses = own(spot.proc, spot.process.pid)
    if not ports or not addresses:
        raise Refused(f"process {spot.process.pid} listens on no TCP port that others could reach")
    if others := translating(spot.namespace):
        raise Refused(f"connections to process {spot.process.pid} are led elsewhere by the table {others[0]} (a mesh?)")
    if failed := connected_to(spot.namespace, addresses[0], ports[0], THROUGH_WITHIN):
        raise Refused(f"{failed}, before anything was done: a harm could not be told from that")
    return ProxySite(spot, name, behaviour, addresses[0], ports, redirects)


# What watches and what harms share a proxy: two in a row would redirect to one another.
_REDIRECTS = Redirects()
WATCH: Harm = Answers(WATCH_CALLS, _REDIRECTS)
HARMS: Mapping[str, Harm] = {
    "ErrorsAnswered": Answers(ERRORS, _REDIRECTS),
    "Resets": Answers(RESET, _REDIRECTS),
    "Silence": Answers(SILENT, _REDIRECTS),
    "Slower": Answers(SLOW, _REDIRECTS),
}
