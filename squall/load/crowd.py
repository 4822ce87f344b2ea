"""Who comes next: the kinds of users of a locustfile, each by its share, with the scenario's seed. Asks nobody."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Protocol


class KindOfUser(Protocol):
    """One class of users of the locustfile."""

    def start(self) -> None:
        """Make ready what all its users share, before the first comes."""
        ...

    def serve(self, intended: float) -> None:
        """Do what one user does who came at that moment; return when she is done."""
        ...

    def stop(self) -> None:
        """Let those go who are still there, once nobody comes any more."""
        ...


class Crowd:
    """All kinds of users; ``shares`` need not come to any sum."""

    def __init__(self, kinds: Sequence[KindOfUser], shares: Sequence[float], seed: str) -> None:
        self._kinds, self._shares = kinds, shares
        self._random = Random(f"kinds {seed}")  # noqa: S311 - to be repeated, not to be kept secret

    def start(self) -> None:
        """Make all kinds ready."""
        for kind in self._kinds:
            kind.start()

    def serve(self, intended: float) -> None:
        """Let one user come."""
        (kind,) = self._kinds if len(self._kinds) == 1 else self._random.choices(self._kinds, self._shares)
        kind.serve(intended)

    def stop(self) -> None:
        """Let all go."""
        for kind in self._kinds:
            kind.stop()


def shares(stated: Mapping[str, float], weights: Mapping[str, float]) -> Mapping[str, float]:
    """Return the share of each class of users, by name: what the scenario states, else the locustfile's own weights.

    A stated kind is a class's name, whatever its capitals are if that leaves one.

    Raises:
        ValueError: a stated kind is no class of the locustfile.
    """
    return {_named(kind, weights): share for kind, share in stated.items()} if stated else weights


def _named(kind: str, weights: Mapping[str, float]) -> str:
    alike = [name for name in weights if name.casefold() == kind.casefold()]
    if kind in weights or len(alike) == 1:
        return kind if kind in weights else alike[0]
    raise ValueError(f'there are no users of the kind "{kind}" (known: {", ".join(weights)})')
