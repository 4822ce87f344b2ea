"""What the load process is told, as one environment variable with JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

VARIABLE = "SQUALL_LOAD"


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Where, how often, how patiently (``timeout``, seconds), and where the samples go."""

    host: str
    rate: float
    timeout: float
    max_in_flight: int
    samples: str
    seed: int
    keep_alive: bool = True
    run: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read them back."""
        return cls(**json.loads(environment[VARIABLE]))

    def environment(self) -> dict[str, str]:
        """Return them as they are passed on."""
        return {VARIABLE: json.dumps(asdict(self))}
