"""An agent's redirects, by network namespace: what harms there and what only watches share one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from squall.agent.harms.kubelet_probes import probe_sources
from squall.agent.harms.packets import Spot
from squall.agent.harms.redirect import Redirect
from squall.agent.linux.addresses import Address
from squall.agent.linux.namespaces import Namespace
from squall.agent.linux.nft_table import Table
from squall.agent.linux.sockets import connected, reset
from squall.agent.proxy.behaviour import PASS


@dataclass
class Shared:
    """A redirect and how many use it."""

    redirect: Redirect
    namespace: Namespace
    users: int = 0


@dataclass
class Redirects:
    """See the module."""

    _open: dict[int, Shared] = field(default_factory=dict)

    def at(self, spot: Spot) -> Redirect | None:
        """Return the redirect in the network of a spot."""
        shared = self._open.get(spot.namespace.number)
        return None if shared is None else shared.redirect

    def enter(self, spot: Spot, name: str, address: Address, ports: Sequence[int], established: bool) -> Redirect:
        """Use the redirect at a spot; if there is none, open one by a table of that name. Raises OSError.

        With ``established`` a new one resets established connections, for they are not redirected.
        """
        number = spot.namespace.number
        if number not in self._open:
            namespace = Namespace(spot.proc, spot.process.pid)
            redirect = Redirect(namespace, Table(namespace, name), address, ports)
            self._open[number] = Shared(redirect, namespace)
            node, probed = probe_sources(spot)
            redirect.open(node, probed)
            if established:
                others = [each for each in connected(namespace) if each.port in ports and not each.other.is_loopback]
                reset(namespace, [each for each in others if not (each.other in node and each.port in probed)])
        self._open[number].users += 1
        return self._open[number].redirect

    def leave(self, spot: Spot) -> str:
        """Use it no more; the last one shuts it. Says what became of it."""
        shared = self._open.get(spot.namespace.number)
        if shared is None:
            return "there was no redirect any more"
        shared.users -= 1
        if shared.users > 0:
            return "its redirect stays open for others"
        del self._open[spot.namespace.number]
        try:
            return shared.redirect.shut()
        finally:
            shared.redirect.stop()
            shared.namespace.close()

    def calm(self, number: int) -> str:
        """Let all pass at the redirect in a network, if it is open; its proxy dies with its agent. Raises OSError."""
        if (shared := self._open.get(number)) is None:
            return "the redirect that it used is gone"
        shared.redirect.ask("behaviour", does=PASS)
        return "the redirect that it used lets everything pass"

    def drop(self, tables: Mapping[int, str]) -> None:
        """End the proxies of redirects whose tables are taken away by a journal's entry (network: table)."""
        for number, name in tables.items():
            if (shared := self._open.get(number)) is not None and shared.redirect.table.name == name:
                del self._open[number]
                shared.redirect.stop()
                shared.namespace.close()
