"""What ``squall gameday --dry-run`` prints: the drill's own limits, and the plan of each scenario. Touches nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from squall.commands.plan import lines_of_plan
from squall.commands.preview import Preview, preview
from squall.gameday.drill import Drill, DrillStep
from squall.run.scenario import Scenario


def drill_plan(drill: Drill, scenarios: Sequence[Scenario]) -> Iterator[str]:
    """Yield the lines of a drill's plan."""
    yield f"{drill.name}{' (hidden from those who respond)' if drill.hidden else ''}"
    yield from (f"  {label:<10}{text}" for label, text in _rows(drill))
    for number, (step, scenario) in enumerate(zip(drill.scenarios, scenarios, strict=True), start=1):
        yield ""
        yield f"{number}. {_leave(step)}"
        yield from lines_of_plan(_preview(drill, scenario))


def _rows(drill: Drill) -> Iterator[tuple[str, str]]:
    window, limits = drill.window, drill.limits
    when = f"{window.opens:%Y-%m-%d %H:%M %Z} to {window.closes:%Y-%m-%d %H:%M %Z}" if window else "any time"
    yield "platform", " ".join(part for part in (drill.platform, drill.context) if part)
    yield "window", when
    if limits.harm_at_most is not None:
        yield "at most", f"{limits.harm_at_most} of a service at once"
    if limits.lasts_at_most is not None:
        yield "longest", f"{limits.lasts_at_most:g} s"
    yield "aborts if", str(drill.abort) if drill.abort else "somebody says so: it has no abort condition of its own"


def _leave(step: DrillStep) -> str:
    return "waits for GO" if step.hold else "begins without GO, as soon as the system is steady"


def _preview(drill: Drill, scenario: Scenario) -> Preview:
    """Return a preview that is refused where the system file or the drill refuses it."""
    seen = preview(scenario, drill.platform, drill.context, drill.allow_contexts)
    if seen.refused or drill.limits.harm_at_most is None:
        return seen
    limited = replace(scenario, system=drill.limits.on(scenario.system))
    stricter = preview(limited, drill.platform, drill.context, drill.allow_contexts)
    return replace(seen, refused=stricter.refused.replace("system.yaml", "drill.yaml"))
