"""Sentences that harm how a service is kept and reached: its workload, its Kubernetes Service."""

from squall.faults.close import Close
from squall.faults.configuration import Configuration
from squall.faults.misdirect import Misdirect
from squall.faults.outage import Outage
from squall.faults.pin import Pin
from squall.faults.scale import Scale
from squall.faults.switch import Switch
from squall.instances import EVERY
from squall.steps.sentence import sentence
from squall.units import seconds


@sentence("when", '"{service:Name}" is scaled to {count:Count}')
def is_scaled(service: str, count: int) -> Scale:
    """Set how many instances are kept, until squall takes it back."""
    return Scale(service, EVERY, 0.0, count)


@sentence("when", '"{service:Name}" is scaled to {count:Count} for {lasting:Duration}')
def is_scaled_for(service: str, count: int, lasting: str) -> Scale:
    """Set how many instances are kept for a time, and set it back."""
    return Scale(service, EVERY, seconds(lasting), count)


@sentence("when", 'the selector of "{service:Name}" matches nobody for {lasting:Duration}')
def selector_matches_nobody(service: str, lasting: str) -> Misdirect:
    """Change the selector of a Kubernetes Service for a time, so that it has no endpoints."""
    return Misdirect(service, EVERY, seconds(lasting))


@sentence("when", '"{service:Name}" is cluster-internal for {lasting:Duration}')
def is_cluster_internal(service: str, lasting: str) -> Close:
    """Close a Kubernetes Service to the outside for a time."""
    return Close(service, EVERY, seconds(lasting))


@sentence("when", '"{service:Name}" is switched to "{to:Name}" for {lasting:Duration}')
def is_switched(service: str, to: str, lasting: str) -> Switch:
    """Put the instances of another service behind a Kubernetes Service for a time."""
    return Switch(service, EVERY, seconds(lasting), to)


@sentence(
    "when", 'a configuration of "{service:Name}" that {configuration:Phrase} is put in place for {lasting:Duration}'
)
def a_configuration_is_put_in_place(service: str, configuration: str, lasting: str) -> Configuration:
    """Put the configuration in place that system.yaml calls so, and restart the service by turns; then take it back."""
    return Configuration(service, EVERY, seconds(lasting), configuration)


@sentence("when", 'the autoscaler of "{service:Name}" is pinned')
def autoscaler_is_pinned(service: str) -> Pin:
    """Keep the autoscaler at the count that there is, until squall takes it back."""
    return Pin(service)


@sentence("when", 'the autoscaler of "{service:Name}" is pinned for {lasting:Duration}')
def autoscaler_is_pinned_for(service: str, lasting: str) -> Pin:
    """Keep the autoscaler at the count that there is for a time."""
    return Pin(service, EVERY, seconds(lasting))


@sentence("when", "everything is down for {lasting:Duration}")
def everything_is_down(lasting: str) -> Outage:
    """Take all services of the system down for a time, and bring them back in the order that it states."""
    return Outage("", EVERY, seconds(lasting))
