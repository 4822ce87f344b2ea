"""A run that is struck at one of its steps: ``python -m tests.crash.victim CASE RUNS STEP BLOW LASTS``.

Step 0 is none: the run goes to its end, and RUNS/steps names all of them. RUNS/step names the one that it came to.
"""

import faulthandler
import sys
from collections.abc import Sequence
from pathlib import Path

from squall.errors import ExitCode
from squall.platforms.capability import Platform, Stores
from squall.platforms.kind.platform import Kind
from squall.platforms.processes.platform import LocalPlatform
from tests.crash.blows import Blow, end_harness, end_helpers, fill_disk, let_signals_come, send_signals
from tests.crash.cases import Case, cases
from tests.crash.cluster_blows import end_agents, freeze_api_server, stop_node
from tests.crash.local_ground import Ground
from tests.crash.starting import LONGEST
from tests.crash.stepping import stepped
from tests.crash.store_ground import fill

# The system is up, and nothing was done to it yet.
UP = "before phase start"


def main(words: Sequence[str]) -> None:
    """Carry it out."""
    # Whoever waits for it kills it a little later: by then it has said what it waits for.
    faulthandler.dump_traceback_later(LONGEST - 10)
    case, runs, last, blow = cases()[words[0]], Path(words[1]), int(words[2]), Blow(words[3])
    names: list[str] = []

    def passed(on: Platform, step: str) -> None:
        names.append(step)
        if step == UP:
            _look(case, on, runs)
        if len(names) == last:
            (runs / "step").write_text(step)
            _strike(blow, on, runs)
            let_signals_come()

    try:
        judgement = stepped(case, float(words[4]), runs, passed)
    except KeyboardInterrupt:
        sys.exit(ExitCode.ABORTED)
    except OSError as error:
        sys.exit(f"no room: {error}")
    sys.stdout.write(f"{judgement.headline}\n")
    (runs / "steps").write_text("\n".join(names))


def _look(case: Case, on: Platform, runs: Path) -> None:
    """Give the cache its keys, and write down how everything is before the run does anything to it."""
    if case.fills is not None and isinstance(on, Stores):
        fill(on.stores()[case.fills].endpoint)
    if isinstance(on, LocalPlatform):
        Ground(on._system, on._state.path, on._up.ports.numbers).write(runs / "ground")


def _strike(blow: Blow, on: Platform, runs: Path) -> None:
    """End this process, or note in RUNS/hits how many others were hit."""
    if blow.ends_it:
        watchdog = on._state.noted("watchdog") if isinstance(on, LocalPlatform) else None
        end_harness(blow, runs, watchdog, _pipe(on) if isinstance(on, LocalPlatform) else None)
    run = next(each.name for each in runs.iterdir() if each.is_dir())
    if blow is Blow.DISK:
        # Once there is no room, it cannot be written down any more.
        (runs / "hits").write_text("1")
        fill_disk(runs / run, on._state.noted("watchdog") if isinstance(on, LocalPlatform) else None)
    else:
        (runs / "hits").write_text(str(_hits(blow, on, run)))


def _hits(blow: Blow, on: Platform, run: str) -> int:
    if blow is Blow.SIGNALS:
        return send_signals()
    if not isinstance(on, Kind):
        return end_helpers() if blow is Blow.AGENT else 0
    if blow is Blow.AGENT:
        return end_helpers() + end_agents(on, run)
    return freeze_api_server(on) if blow is Blow.API else stop_node(on, run)


def _pipe(on: LocalPlatform) -> int | None:
    """Return the pipe whose end tells the watchdog that the harness is gone."""
    watchdog = on._running._watchdog if on._running is not None else None
    return watchdog._stdin.fileno() if watchdog is not None else None


if __name__ == "__main__":
    main(sys.argv[1:])
