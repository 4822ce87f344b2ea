"""Harms to answers wherever a target is: by a gate in its own network, or by the door that stands in front of it."""

from squall.agent.harms.contract import Ready
from squall.agent.harms.fixed_proxy import FixedProxyFault
from squall.agent.harms.proxied import DOOR, Proxied
from squall.agent.harms.redirects import Redirects
from squall.agent.proxy.behaviour import PASS
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message


class Answers:
    """A harm to answers; ``does`` is its mood's name, or ``DOOR``."""

    def __init__(self, does: str, gates: Redirects) -> None:
        self._proxied, self._at_door = Proxied(does, gates), FixedProxyFault(PASS if does == DOOR else does)

    def aim(self, order: Message, place: Scope) -> Ready:
        """Aim at the doors that the targets have, else at their networks."""
        standing = any("door" in target for target in order["targets"])
        return self._at_door.aim(order, place) if standing else self._proxied.aim(order, place)

    def undo(self, entry: Message) -> str:
        """Take back what either has written down."""
        return self._at_door.undo(entry) if "doors" in entry else self._proxied.undo(entry)
