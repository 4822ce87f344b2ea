"""Sentences that harm the instances of a service."""

from squall.faults.crash import Crash
from squall.faults.crash_loop import CrashLoop
from squall.faults.deletion import Deletion
from squall.faults.forced_deletion import ForcedDeletion
from squall.faults.freeze import Freeze
from squall.faults.nothing import Nothing
from squall.faults.one_by_one import OneByOne
from squall.steps.sentence import sentence
from squall.steps.whom import Whom
from squall.units import seconds


@sentence("when", "nothing is harmed for {lasting:Duration}")
def nothing_is_harmed(lasting: str) -> Nothing:
    """Watch the system without harming it."""
    return Nothing(seconds(lasting))


@sentence("when", "{whom:Pod} crashes")
def a_pod_crashes(whom: Whom) -> Crash:
    """Kill the main process of one instance, or of every one at once."""
    return Crash(whom.service, whom.share)


@sentence("when", "{whom:Pods} crash")
def pods_crash(whom: Whom) -> Crash:
    """Kill the main processes of several instances at once."""
    return Crash(whom.service, whom.share)


@sentence("when", "{whom:Series} crash one by one, {apart:Duration} apart")
def pods_crash_one_by_one(whom: Whom, apart: str) -> OneByOne:
    """Kill the main process of each instance, one after another."""
    return OneByOne(Crash(whom.service, whom.share), seconds(apart))


@sentence("when", "{whom:Pod} restarts its container in a loop for {lasting:Duration}")
def a_pod_restarts_in_a_loop(whom: Whom, lasting: str) -> CrashLoop:
    """End one instance, or every one, each time that it is started (CrashLoopBackOff)."""
    return CrashLoop(whom.service, whom.share, seconds(lasting))


@sentence("when", "{whom:Pods} restart their containers in a loop for {lasting:Duration}")
def pods_restart_in_a_loop(whom: Whom, lasting: str) -> CrashLoop:
    """End several instances each time that they are started (CrashLoopBackOff)."""
    return CrashLoop(whom.service, whom.share, seconds(lasting))


@sentence("when", "{whom:Pod} is deleted")
def a_pod_is_deleted(whom: Whom) -> Deletion:
    """Delete one instance, or every one, through the platform's API."""
    return Deletion(whom.service, whom.share)


@sentence("when", "{whom:Pod} is deleted, to be gone within {limit:Duration}")
def a_pod_is_to_be_gone(whom: Whom, limit: str) -> Deletion:
    """Delete one instance, or every one; if it takes longer to be gone, nothing is proven."""
    return Deletion(whom.service, whom.share, within=seconds(limit))


@sentence("when", "{whom:Pod} is deleted by force")
def a_pod_is_deleted_by_force(whom: Whom) -> ForcedDeletion:
    """Delete one instance, or every one, without the time that it asks for to stop."""
    return ForcedDeletion(whom.service, whom.share)


@sentence("when", "{whom:Pods} are deleted by force")
def pods_are_deleted_by_force(whom: Whom) -> ForcedDeletion:
    """Delete several instances at once, without the time that they ask for to stop."""
    return ForcedDeletion(whom.service, whom.share)


@sentence("when", "{whom:Pods} are deleted")
def pods_are_deleted(whom: Whom) -> Deletion:
    """Delete several instances at once."""
    return Deletion(whom.service, whom.share)


@sentence("when", "{whom:Series} are deleted one by one, {apart:Duration} apart")
def pods_are_deleted_one_by_one(whom: Whom, apart: str) -> OneByOne:
    """Delete each instance, one after another."""
    return OneByOne(Deletion(whom.service, whom.share), seconds(apart))


@sentence("when", "{whom:Pod} freezes for {lasting:Duration}")
def a_pod_freezes(whom: Whom, lasting: str) -> Freeze:
    """Stop all processes of one instance, or of every one, and continue them at the end."""
    return Freeze(whom.service, whom.share, seconds(lasting))


@sentence("when", "{whom:Pods} freeze for {lasting:Duration}")
def pods_freeze(whom: Whom, lasting: str) -> Freeze:
    """Stop all processes of several instances at once."""
    return Freeze(whom.service, whom.share, seconds(lasting))


@sentence("when", "{whom:Series} freeze one by one for {lasting:Duration} each, {apart:Duration} apart")
def pods_freeze_one_by_one(whom: Whom, lasting: str, apart: str) -> OneByOne:
    """Stop all processes of each instance, the next when the one before runs again and the pause has passed."""
    return OneByOne(Freeze(whom.service, whom.share, seconds(lasting)), seconds(apart))
