"""The steps of a run that went to its end; each is a point at which another can be struck."""

from collections.abc import Sequence
from dataclasses import dataclass

SENT, BITTEN = "before harm.sent", "after harm.effect"
# Without this a run was not steady, or its target was not harmed.
OBSERVED = "after phase observe"


@dataclass(frozen=True, slots=True)
class Point:
    """A step by its number (1 is the first) and name.

    ``harmed`` says whether the harm was sent by then, ``bitten`` whether its last effect was seen, ``stands`` whether
    its end has not been waited for yet, and ``undoing`` whether the undo had begun.
    """

    number: int
    name: str
    harmed: bool
    bitten: bool
    stands: bool
    undoing: bool

    def __str__(self) -> str:
        return f"{self.number:3} {self.name}"


def sampled(points: Sequence[Point], first: int, every: int) -> Sequence[Point]:
    """Return each so many of the points from the harm on, and of those before no more than a third of that."""
    after = [point for point in points if point.harmed][first % every :: every]
    before = [point for point in points if not point.harmed][first % every :: every]
    return [*before[: len(after) // 3], *after]


def chosen(names: Sequence[str]) -> Sequence[Point]:
    """Return all steps from the harm on, and some of those before."""
    assert any(name.startswith(BITTEN) for name in names), f"the fault did not bite: {names}"
    sent = next(number for number, name in enumerate(names, start=1) if name.startswith(SENT))
    bitten = max(number for number, name in enumerate(names, start=1) if name.startswith(BITTEN))
    waits, undo = names.index(OBSERVED) + 1, names.index("before phase undo") + 1
    every = [
        Point(number, name, number > sent, number >= bitten, number <= waits, number > undo)
        for number, name in enumerate(names, start=1)
    ]
    before, after = [point for point in every if not point.harmed], [point for point in every if point.harmed]
    few = max(1, len(after) // 3)
    spread = [before[round(index * (len(before) - 1) / max(1, few - 1))] for index in range(few)]
    return [*dict.fromkeys(spread), *after]
