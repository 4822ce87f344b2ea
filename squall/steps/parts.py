"""What ``Given`` sentences come to; ``When`` gives a fault, ``Then`` a claim."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SteadySystem:
    """The system under test, by its name in system.yaml; ``over`` (s) takes the place of its steady window and hold."""

    name: str
    over: float | None = None


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """How many requests arrive each second."""

    rate: float


@dataclass(frozen=True, slots=True)
class WatchedDoor:
    """A service at whose door all that passes is counted."""

    service: str


@dataclass(frozen=True, slots=True)
class Weakened:
    """A service that is deployed with a weakness, to show that a claim can break."""

    service: str
    weakness: str
