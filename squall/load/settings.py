"""What the load process is told, as one environment variable with JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from squall.load.mark import MarkRule
from squall.record.arrivals import Pace, lane_of

VARIABLE = "SQUALL_LOAD"
# How users connect; a number is the third way.
NEW, KEPT = "new", "kept"


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Where, how often, how patiently (``timeout``, seconds), and where the samples go.

    ``connections`` is ``new``, ``kept`` or a number; ``ca`` is a file of certificates, ``insecure`` believes any.
    ``pace``, ``users``, ``pause`` and ``kinds`` are those of ``squall.record.arrivals.LoadPlan``. ``arguments`` are
    given to Locust, whose options and those of the locustfile they set. ``mark`` says which answers are a fallback's.
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
    pace: Pace = "even"
    users: int = 0
    pause: float = 0.0
    kinds: Mapping[str, float] = field(default_factory=dict)
    arguments: Sequence[str] = field(default_factory=list)
    mark: MarkRule = field(default_factory=MarkRule)
    # Which one of how many processes, counted from 0, that keep the schedule between them.
    worker: int = 0
    workers: int = 1

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read them back."""
        given = json.loads(environment[VARIABLE])
        return cls(**{**given, "mark": MarkRule(**given["mark"])})

    def environment(self) -> dict[str, str]:
        """Return them as they are passed on."""
        return {VARIABLE: json.dumps(asdict(self))}

    def worked_by(self, worker: int, workers: int, *, users: int, max_in_flight: int, connections: str) -> Self:
        """Return what one of several workers is told; each chooses by a seed of its own who comes and what she does."""
        return replace(
            self, worker=worker, workers=workers, users=users, max_in_flight=max_in_flight, connections=connections
        )

    @property
    def lane(self) -> str:
        """The lane of the arrivals that are this process's."""
        return lane_of(self.worker, self.workers)

    @property
    def own_seed(self) -> str:
        """What seeds the choices that are this process's alone; a process that is alone has the scenario's seed."""
        return str(self.seed) if self.workers == 1 else f"{self.seed} of worker {self.worker}"
