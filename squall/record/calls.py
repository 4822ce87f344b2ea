"""What was seen to pass at a door: calls, and how they ended, by seconds of the harness's clock. Values, no reading."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import JsonValue as Json


@dataclass(frozen=True, slots=True)
class Second:
    """One second at a door: ``at`` is its beginning on the harness's clock."""

    at: float
    calls: int
    answered: int
    failed: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Passed:
    """What passed at one door in ``[since, until)``; seconds in which nothing did are left out."""

    since: float
    until: float
    seconds: Sequence[Second]

    def told(self) -> Mapping[str, Json]:
        """Return it as the record holds it."""
        listed: list[Json] = [dict(asdict(second)) for second in self.seconds]
        return {"since": self.since, "until": self.until, "seconds": listed}
