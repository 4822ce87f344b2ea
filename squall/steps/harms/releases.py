"""Sentences that harm by a release."""

from squall.faults.release import Release
from squall.faults.rollback import Rollback
from squall.faults.rollout_paused import RolloutPaused
from squall.instances import EVERY
from squall.steps.sentence import sentence
from squall.units import seconds


@sentence("when", 'a release of "{service:Name}" that {release:Phrase} is deployed')
def a_release_is_deployed(service: str, release: str) -> Release:
    """Have the system's own releaser bring out the version that system.yaml calls so."""
    return Release(service, release)


@sentence("when", 'the rollout of "{service:Name}" is paused for {lasting:Duration}')
def the_rollout_is_paused(service: str, lasting: str) -> RolloutPaused:
    """Keep changes of a service from coming out for a time."""
    return RolloutPaused(service, EVERY, seconds(lasting))


@sentence("when", 'the last release of "{service:Name}" is undone')
def the_last_release_is_undone(service: str) -> Rollback:
    """Give a service the version before, until squall takes it back."""
    return Rollback(service)


@sentence("when", 'the last release of "{service:Name}" is undone for {lasting:Duration}')
def the_last_release_is_undone_for(service: str, lasting: str) -> Rollback:
    """Give a service the version before for a time."""
    return Rollback(service, EVERY, seconds(lasting))
