"""Sentences that harm by a release."""

from squall.faults.release import Release
from squall.steps.sentence import sentence


@sentence("when", 'a release of "{service:Name}" that {release:Phrase} is deployed')
def a_release_is_deployed(service: str, release: str) -> Release:
    """Have the system's own releaser bring out the version that system.yaml calls so."""
    return Release(service, release)
