"""Sentences about the system and its steady state."""

from squall.steps.parts import CountedService, SteadySystem, Weakened
from squall.steps.sentence import sentence
from squall.units import seconds


@sentence("given", '"{system:Name}" is in its steady state')
def is_in_its_steady_state(system: str) -> SteadySystem:
    """Name the system; it is harmed only after its objective held for the steady window."""
    return SteadySystem(system)


@sentence("given", '"{system:Name}" is in its steady state over {window:Duration}')
def is_steady_over(system: str, window: str) -> SteadySystem:
    """Name the system and say for how long it must be steady before the harm, and again after it."""
    return SteadySystem(system, seconds(window))


# What says which system a scenario is about.
NAMING = (is_in_its_steady_state, is_steady_over)


@sentence("given", '"{service:Name}" has the weakness "{weakness:Name}"')
def has_the_weakness(service: str, weakness: str) -> Weakened:
    """Deploy the twin of the system that has this weakness on purpose."""
    return Weakened(service, weakness)


@sentence("given", 'calls to "{service:Name}" are counted', former='the door of "{service:Name}" is watched')
def calls_are_counted(service: str) -> CountedService:
    """Count the calls to each instance of a service, and how they end, without harming any."""
    return CountedService(service)
