"""Sentences that harm what travels between services."""

from squall.faults.partition import Partition
from squall.faults.resolution import NameResolution
from squall.faults.unreachable import Unreachable
from squall.instances import EVERY
from squall.steps.sentence import sentence
from squall.steps.whom import Whom
from squall.units import seconds


@sentence("when", '"{service:Name}" is unreachable for {lasting:Duration}')
def is_unreachable(service: str, lasting: str) -> Unreachable:
    """Drop all that is sent to its instances, and reset established connections."""
    return Unreachable(service, EVERY, seconds(lasting))


@sentence("when", '"{service:Name}" is unreachable for new connections for {lasting:Duration}')
def is_unreachable_anew(service: str, lasting: str) -> Unreachable:
    """Drop new connections to its instances; established ones go on."""
    return Unreachable(service, EVERY, seconds(lasting), established=False)


@sentence("when", "{whom:Pod} is unreachable for {lasting:Duration}")
def a_pod_is_unreachable(whom: Whom, lasting: str) -> Unreachable:
    """Drop all that is sent to one instance, and reset established connections."""
    return Unreachable(whom.service, whom.share, seconds(lasting))


@sentence("when", "{whom:Pods} are unreachable for {lasting:Duration}")
def pods_are_unreachable(whom: Whom, lasting: str) -> Unreachable:
    """Drop all that is sent to several instances, and reset established connections."""
    return Unreachable(whom.service, whom.share, seconds(lasting))


@sentence("when", 'there is a partition between "{service:Name}" and "{other:Name}" for {lasting:Duration}')
def partition_between(service: str, other: str, lasting: str) -> Partition:
    """Drop all packets between the instances of two services, both ways."""
    return _partition(service, other, lasting, both=True)


@sentence("when", 'there is a partition from "{service:Name}" to "{other:Name}" for {lasting:Duration}')
def partition_from(service: str, other: str, lasting: str) -> Partition:
    """Drop the packets that the instances of one service send to those of the other."""
    return _partition(service, other, lasting, both=False)


@sentence("when", 'name resolution fails for "{service:Name}" for {lasting:Duration}')
def name_resolution_fails(service: str, lasting: str) -> NameResolution:
    """Refuse what its instances ask of name servers."""
    return NameResolution(service, EVERY, seconds(lasting))


@sentence("when", 'name resolution hangs for "{service:Name}" for {lasting:Duration}')
def name_resolution_hangs(service: str, lasting: str) -> NameResolution:
    """Drop what name servers answer its instances."""
    return NameResolution(service, EVERY, seconds(lasting), hangs=True)


def _partition(service: str, other: str, lasting: str, *, both: bool) -> Partition:
    if service == other:
        raise ValueError(f'a partition has two sides, and "{service}" is on both')
    return Partition(service, EVERY, seconds(lasting), other, both)
