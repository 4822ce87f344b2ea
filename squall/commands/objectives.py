"""Whether a system that is up and left alone keeps its own objectives: a glance, and no proof. Only reads."""

from collections.abc import Iterator

from squall.clock import SYSTEM, Clock
from squall.measure.percentiles import enough, percentile
from squall.platforms.http import status
from squall.record.plan import Objective
from squall.run.lint import too_rarely_watched
from squall.system.system import System

Miss = tuple[tuple[str, ...], str]


def undecidable(system: System) -> Iterator[Miss]:
    """Yield why no scenario at the normal rate could see the objectives kept."""
    if (found := too_rarely_watched(system, system.load.rate)) is not None:
        yield ("steady", found[0]), found[1]


def unmet(system: System, url: str, clock: Clock = SYSTEM) -> Iterator[Miss]:
    """Ask the probe's path as often as the percentile needs, one after the other, and yield what is not kept.

    It stops as soon as that is certain, so a system that does not answer is not waited for two hundred times.
    """
    objective, needed = system.objectives.values(), enough(system.objectives.latency.percentile)
    asked: list[tuple[str, float]] = []
    while len(asked) < needed and not _lost(asked, objective, needed):
        asked.append(_answer(url.rstrip("/") + system.probe.path, system.probe.timeout, clock))
    failed = [why for why, _ in asked if why]
    if len(failed) > _allowed(objective.success, needed):
        said = f"{len(failed)} of {len(asked)} requests for {system.probe.path} failed (the last: {failed[-1]})"
        yield ("objectives", "success"), f"{said}; {objective.success:g}% shall succeed"
    elif _slow(asked, objective) > _allowed(objective.percentile, needed):
        found = percentile([took * 1000 for _, took in asked], objective.percentile)
        said = f"p{objective.percentile:g} of {len(asked)} requests for {system.probe.path} is {found:.0f}ms"
        yield ("objectives", "latency"), f"{said}; the limit is {objective.latency:g}ms"


def _lost(asked: list[tuple[str, float]], objective: Objective, needed: int) -> bool:
    failed = sum(bool(why) for why, _ in asked)
    return failed > _allowed(objective.success, needed) or _slow(asked, objective) > _allowed(
        objective.percentile, needed
    )


def _slow(asked: list[tuple[str, float]], objective: Objective) -> int:
    return sum(took * 1000 > objective.latency for _, took in asked)


def _allowed(share: float, count: int) -> float:
    """Return how many of so many may be otherwise, where a share (%) must be as wanted."""
    return round(count * (100 - share) / 100, 6)


def _answer(url: str, within: float, clock: Clock) -> tuple[str, float]:
    """Return why a new connection was not answered well, if so, and how long that took (s)."""
    began = clock.now()
    said = status(url, within)
    return "" if said.startswith("2") else said, clock.now() - began
