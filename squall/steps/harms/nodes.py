"""Sentences that harm the nodes on which a service has instances."""

from squall.faults.cordon import Cordon
from squall.steps.harms.several import several
from squall.steps.sentence import sentence
from squall.target import ONE
from squall.units import seconds


@sentence("when", 'a node of "{service:Name}" is cordoned')
def a_node_is_cordoned(service: str) -> Cordon:
    """Let nothing new be scheduled on a node, until squall takes it back."""
    return Cordon(service, ONE)


@sentence("when", 'a node of "{service:Name}" is cordoned for {lasting:Duration}')
def a_node_is_cordoned_for(service: str, lasting: str) -> Cordon:
    """Let nothing new be scheduled on a node for a time."""
    return Cordon(service, ONE, seconds(lasting))


@sentence("when", '{count:Count} nodes of "{service:Name}" are cordoned')
def nodes_are_cordoned(count: int, service: str) -> Cordon:
    """Let nothing new be scheduled on that many nodes."""
    return Cordon(service, several(count))
