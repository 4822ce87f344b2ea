"""Verdicts, their causes, and findings: what a run proves. Nothing in here measures or decides."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from squall.interval import Interval


class Verdict(IntEnum):
    """How a claim fared. Several claims fare as badly as the worst of them."""

    HELD = 0
    INCONCLUSIVE = 1
    BROKEN = 2


class Cause(StrEnum):
    """Why a run proves nothing, or not enough."""

    NO_TARGET = "no target"
    NO_EFFECT = "no effect"
    NOT_STEADY = "not steady"
    ENDED_EARLY = "fault ended early"
    HARNESS_ERROR = "harness error"
    CLOCK_JUMP = "clock jump"
    PROBER_LATE = "prober late"
    CHANGED_BY_OTHERS = "changed by someone else"
    ABORTED = "aborted"
    LOAD_SHORT = "load fell short"
    TOO_FEW_SAMPLES = "too few samples"
    TOO_CLOSE = "too close to call"
    GAUGE_MISSING = "gauge missing"
    INCOMPLETE = "record incomplete"
    MACHINE_SLOW = "machine too slow"

    @property
    def voids_all(self) -> bool:
        """Whether no claim of the run can be decided, however clear its figure looks."""
        return self not in _OF_SOME


_OF_SOME = frozenset(
    {Cause.LOAD_SHORT, Cause.TOO_FEW_SAMPLES, Cause.TOO_CLOSE, Cause.GAUGE_MISSING, Cause.MACHINE_SLOW}
)


class Side(StrEnum):
    """On which side of its limit a figure has to be."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, and what it was held against.

    ``figure`` and ``limit`` are in ``unit`` (``s``, ``%``, ``ms``, ``requests``); no figure: there were too few
    ``samples``, which is the number of observations that it rests on.
    """

    what: str
    figure: Interval | None = None
    limit: float | None = None
    unit: str = ""
    samples: int = 0
    side: Side | None = None


NOT_MEASURED = Measured("")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one claim came to: the verdict, its reason, and what was measured; ``cause`` is INCONCLUSIVE's alone.

    ``platform`` is what the platform said of the system meanwhile, line by line, where the claim was not HELD.
    """

    claim: str
    verdict: Verdict
    reason: str
    cause: Cause | None = None
    measured: Measured = NOT_MEASURED
    platform: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.cause is None) == (self.verdict is Verdict.INCONCLUSIVE):
            raise ValueError(f"{self.claim}: a cause belongs to INCONCLUSIVE, and to nothing else")

    @property
    def figure(self) -> Interval | None:
        """The figure, if there is one."""
        return self.measured.figure

    @property
    def limit(self) -> float | None:
        """What it was held against, if anything."""
        return self.measured.limit

    @property
    def unit(self) -> str:
        """The unit of figure and limit."""
        return self.measured.unit

    @property
    def samples(self) -> int:
        """How many observations the figure rests on."""
        return self.measured.samples

    def voided(self, cause: Cause, reason: str) -> "Finding":
        """Return the same finding with its verdict withdrawn: the figure stays to be read."""
        return replace(self, verdict=Verdict.INCONCLUSIVE, cause=cause, reason=reason)


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict; nothing found is INCONCLUSIVE, never HELD."""
    return max((finding.verdict for finding in findings), default=Verdict.INCONCLUSIVE)
