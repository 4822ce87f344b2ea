"""The gates of an agent by the network that they stand in: what harms there and what only watches shares one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from squall.agent.harms.kubelet_probes import spared
from squall.agent.harms.packets import Spot
from squall.agent.harms.redirect import Redirect
from squall.agent.linux.addresses import Address
from squall.agent.linux.namespaces import Namespace
from squall.agent.linux.nft_table import Table
from squall.agent.linux.sockets import connected, reset
from squall.agent.proxy.behaviour import PASS


@dataclass
class Shared:
    """A gate and how many use it."""

    gate: Redirect
    namespace: Namespace
    users: int = 0


@dataclass
class Redirects:
    """See the module."""

    _open: dict[int, Shared] = field(default_factory=dict)

    def at(self, spot: Spot) -> Redirect | None:
        """Return the gate that stands at a spot."""
        shared = self._open.get(spot.namespace.number)
        return None if shared is None else shared.gate

    def enter(self, spot: Spot, name: str, address: Address, ports: Sequence[int], standing: bool) -> Redirect:
        """Use the gate at a spot; if there is none, open one by a table of that name. Raises OSError.

        With ``standing`` a new one resets the connections that stand, for they do not lead through it.
        """
        number = spot.namespace.number
        if number not in self._open:
            namespace = Namespace(spot.proc, spot.process.pid)
            gate = Redirect(namespace, Table(namespace, name), address, ports)
            self._open[number] = Shared(gate, namespace)
            node, probed = spared(spot)
            gate.open(node, probed)
            if standing:
                others = [each for each in connected(namespace) if each.port in ports and not each.other.is_loopback]
                reset(namespace, [each for each in others if not (each.other in node and each.port in probed)])
        self._open[number].users += 1
        return self._open[number].gate

    def leave(self, spot: Spot) -> str:
        """Use it no more; the last one shuts it. Says what became of it."""
        shared = self._open.get(spot.namespace.number)
        if shared is None:
            return "there was no gate any more"
        shared.users -= 1
        if shared.users > 0:
            return "its gate stays open for others"
        del self._open[spot.namespace.number]
        try:
            return shared.gate.shut()
        finally:
            shared.gate.stop()
            shared.namespace.close()

    def calm(self, number: int) -> str:
        """Let all pass at the gate in a network, if it is open; its proxy dies with its agent. Raises OSError."""
        if (shared := self._open.get(number)) is None:
            return "the gate that it used is gone"
        shared.gate.ask("mood", does=PASS)
        return "the gate that it used lets everything pass"

    def drop(self, tables: Mapping[int, str]) -> None:
        """End the proxies of gates whose tables are taken away by a journal's entry (network: table)."""
        for number, name in tables.items():
            if (shared := self._open.get(number)) is not None and shared.gate.table.name == name:
                del self._open[number]
                shared.gate.stop()
                shared.namespace.close()
