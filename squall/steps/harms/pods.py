"""Sentences that harm the instances of a service."""

from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.freeze import Freeze
from squall.faults.nothing import Nothing
from squall.steps.harms.several import several
from squall.steps.sentence import sentence
from squall.target import EVERY, ONE
from squall.units import seconds


@sentence("when", "nothing is harmed for {lasting:Duration}")
def nothing_is_harmed(lasting: str) -> Nothing:
    """Watch the system without harming it."""
    return Nothing(seconds(lasting))


@sentence("when", 'a pod of "{service:Name}" crashes')
def a_pod_crashes(service: str) -> Crash:
    """Kill the main process of one instance."""
    return Crash(service, ONE)


@sentence("when", '{count:Count} pods of "{service:Name}" crash')
def pods_crash(count: int, service: str) -> Crash:
    """Kill the main processes of that many instances at once."""
    return Crash(service, several(count))


@sentence("when", 'every pod of "{service:Name}" crashes')
def every_pod_crashes(service: str) -> Crash:
    """Kill the main processes of all instances at once."""
    return Crash(service, EVERY)


@sentence("when", 'a pod of "{service:Name}" is deleted')
def a_pod_is_deleted(service: str) -> Deletion:
    """Delete one instance through the platform's API."""
    return Deletion(service, ONE)


@sentence("when", '{count:Count} pods of "{service:Name}" are deleted')
def pods_are_deleted(count: int, service: str) -> Deletion:
    """Delete that many instances at once."""
    return Deletion(service, several(count))


@sentence("when", 'every pod of "{service:Name}" is deleted')
def every_pod_is_deleted(service: str) -> Deletion:
    """Delete all instances at once."""
    return Deletion(service, EVERY)


@sentence("when", 'a pod of "{service:Name}" freezes for {lasting:Duration}')
def a_pod_freezes(service: str, lasting: str) -> Freeze:
    """Stop all processes of one instance, and continue them at the end."""
    return Freeze(service, ONE, seconds(lasting))


@sentence("when", '{count:Count} pods of "{service:Name}" freeze for {lasting:Duration}')
def pods_freeze(count: int, service: str, lasting: str) -> Freeze:
    """Stop all processes of that many instances at once."""
    return Freeze(service, several(count), seconds(lasting))


@sentence("when", 'every pod of "{service:Name}" freezes for {lasting:Duration}')
def every_pod_freezes(service: str, lasting: str) -> Freeze:
    """Stop all processes of all instances at once."""
    return Freeze(service, EVERY, seconds(lasting))
