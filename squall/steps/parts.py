"""What ``Given`` sentences come to; ``When`` gives a fault, ``Then`` a claim."""

from collections.abc import Mapping
from dataclasses import dataclass

from squall.record.arrivals import Stage


@dataclass(frozen=True, slots=True)
class SteadySystem:
    """The system under test, by its name in system.yaml; ``over`` (s) takes the place of its steady window and hold."""

    name: str
    over: float | None = None


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """How many requests arrive each second until the harm, and in which stages that changes from then on.

    Where ``users`` is not 0 so many wait for each answer and ``pause`` (s) after it; ``rate`` is the most they can ask.
    """

    rate: float
    stages: tuple[Stage, ...] = ()
    users: int = 0
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class RandomArrivals:
    """Users come independently of one another, not at even distances."""


@dataclass(frozen=True, slots=True)
class UserKinds:
    """Which share (%) of the arrivals is each class of users of the locustfile."""

    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CountedService:
    """A service the calls to which are counted."""

    service: str


@dataclass(frozen=True, slots=True)
class Weakened:
    """A service that is deployed with a weakness, to show that a claim can break; an option names no service."""

    service: str
    weakness: str
