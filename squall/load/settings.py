"""What the load process is told, as one environment variable with JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

VARIABLE = "SQUALL_LOAD"
# How users connect; a number is the third way.
NEW, KEPT = "new", "kept"


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Where, how often, how patiently (``timeout``, seconds), and where the samples go.

    ``connections`` is ``new``, ``kept`` or a number; ``ca`` is a file of certificates, ``insecure`` believes any.
    """

    host: str
    rate: float
    timeout: float
    max_in_flight: int
    samples: str
    seed: int
    connections: str = NEW
    run: str = ""
    ca: str = ""
    insecure: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read them back."""
        return cls(**json.loads(environment[VARIABLE]))

    def environment(self) -> dict[str, str]:
        """Return them as they are passed on."""
        return {VARIABLE: json.dumps(asdict(self))}
