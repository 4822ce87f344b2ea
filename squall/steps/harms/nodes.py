"""Sentences that harm the nodes on which a service has instances."""

from squall.faults.cordon import Cordon
from squall.faults.drain import Drain
from squall.faults.node_freeze import NodeFreeze
from squall.faults.node_loss import NodeLoss
from squall.faults.node_stop import NodeStop
from squall.instances import ONE
from squall.steps.sentence import sentence
from squall.steps.whom import several
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


@sentence("when", 'a node of "{service:Name}" is drained')
def a_node_is_drained(service: str) -> Drain:
    """Cordon a node and evict the system's pods on it, as their disruption budgets allow."""
    return Drain(service, ONE)


@sentence("when", 'a node of "{service:Name}" stops for {lasting:Duration}')
def a_node_stops(service: str, lasting: str) -> NodeStop:
    """Stop a node's machine as by a power cut, and start it again."""
    return NodeStop(service, ONE, seconds(lasting))


@sentence("when", 'a node of "{service:Name}" freezes for {lasting:Duration}')
def a_node_freezes(service: str, lasting: str) -> NodeFreeze:
    """Freeze a node's machine with all that runs on it, and let it go on."""
    return NodeFreeze(service, ONE, seconds(lasting))


@sentence("when", 'a node of "{service:Name}" is lost')
def a_node_is_lost(service: str) -> NodeLoss:
    """Stop a node's machine and delete its Node object, until squall takes it back."""
    return NodeLoss(service, ONE)


@sentence("when", 'a node of "{service:Name}" is lost for {lasting:Duration}')
def a_node_is_lost_for(service: str, lasting: str) -> NodeLoss:
    """Stop a node's machine and delete its Node object, and bring both back."""
    return NodeLoss(service, ONE, seconds(lasting))
