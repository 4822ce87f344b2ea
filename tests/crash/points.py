"""The steps of a run, learned from one that goes to its end; each is a point at which a run can be killed."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.crash.starting import victim

SENT = "before harm.sent"


@dataclass(frozen=True, slots=True)
class Point:
    """A step by its number (1 is the first) and name.

    ``harmed`` says whether the harm was sent by then, ``stands`` whether its end has not been waited for yet.
    """

    number: int
    name: str
    harmed: bool
    stands: bool

    def __str__(self) -> str:
        return f"{self.number:3} {self.name}"


@cache
def points(case: str) -> Sequence[Point]:
    """Return the steps of a run in which the fault bites; of those before the harm at most one for three after it."""
    with tempfile.TemporaryDirectory(prefix="squall-crash-") as folder:
        done = victim(case, Path(folder))
        assert done.returncode == 0, done.stdout + done.stderr
        names = (Path(folder) / "steps").read_text().splitlines()
    return chosen(names)


def chosen(names: Sequence[str]) -> Sequence[Point]:
    """Return all steps from the harm on, and some of those before."""
    assert any(name.startswith("after harm.effect") for name in names), f"the fault did not bite: {names}"
    sent = next(number for number, name in enumerate(names, start=1) if name.startswith(SENT))
    waits = names.index("after phase observe") + 1
    every = [Point(number, name, number > sent, number <= waits) for number, name in enumerate(names, start=1)]
    before, after = [point for point in every if not point.harmed], [point for point in every if point.harmed]
    few = max(1, len(after) // 3)
    spread = [before[round(index * (len(before) - 1) / max(1, few - 1))] for index in range(few)]
    return [*dict.fromkeys(spread), *after]
