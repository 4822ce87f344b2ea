"""What the page of a drill shows to whom. A hidden drill's page for responders is made of what they may know alone.

Nothing is taken out of a fuller view for them: what this module does not put in cannot leak.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue as Json

from squall.gameday.course import Course
from squall.gameday.follower import RunState
from squall.gameday.log import DrillEntry

# Who looks: conductors decide, responders say what they see, all others only look.
Role = Literal["conductor", "responder", "viewer"]
# What each may say; anybody who takes part may stop it.
MAY: Mapping[Role, frozenset[str]] = {
    "conductor": frozenset({"go", "no-go", "abort", "note", "noticed", "mitigated", "remedy"}),
    "responder": frozenset({"abort", "note", "noticed", "mitigated", "remedy"}),
    "viewer": frozenset(),
}
# Of what people say, what those who must not know what is done may read: not when harm was let begin.
_OPEN = frozenset({"note", "noticed", "mitigated"})
_MOST_ENTRIES, _MOST_POINTS = 200, 180


class Views:
    """The views of one drill; ``look`` is to be called about once a second, for the curve."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._curve: deque[tuple[float, float, float]] = deque(maxlen=_MOST_POINTS)

    def look(self) -> None:
        """Take a point of the curve of how users fare."""
        seen = self._state()
        if seen is not None and seen.moment is not None and seen.moment.rate:
            wall = self._course.wall(self._course.board.now)
            self._curve.append((wall, seen.moment.good, min(seen.moment.latency, 60_000.0)))

    def of(self, role: Role) -> dict[str, Json]:
        """Return what a role sees, as JSON."""
        if self._course.drill.hidden and role != "conductor":
            return self._hidden(role)
        board, seen = self._course.board, self._state()
        return {
            **self._common(role),
            "drill": self._course.drill.name,
            "about": self._course.drill.about,
            "state": board.state,
            "number": board.number,
            "total": len(self._course.scenarios),
            "titles": [scenario.title for scenario in self._course.scenarios],
            "bars": board.bars() if board.state == "waiting" else "",
            "remedy": board.remedy,
            "aborted": board.why_aborted(),
            "condition": str(self._course.drill.abort or ""),
            "run": _run(seen) if seen is not None and board.state not in {"before", "over"} else None,
            "curve": [list(point) for point in self._curve],
            "entries": [self._entry(each) for each in board.entries[-_MOST_ENTRIES:]],
        }

    def _hidden(self, role: Role) -> dict[str, Json]:
        board = self._course.board
        said = [each for each in board.entries if each.kind in _OPEN]
        return {
            **self._common(role),
            "drill": "Game day",
            "state": board.state if board.state in {"before", "over"} else "under way",
            "remedy": board.remedy if role == "responder" else "",
            "entries": [self._entry(each) for each in said[-_MOST_ENTRIES:]],
        }

    def _common(self, role: Role) -> dict[str, Json]:
        board = self._course.board
        may = sorted(MAY[role]) if board.state != "over" else []
        return {"role": role, "hidden": self._course.drill.hidden, "may": list(may), "version": board.version,
                "wall": self._course.wall(board.now)}  # fmt: skip

    def _entry(self, entry: DrillEntry) -> dict[str, Json]:
        wall = self._course.wall(entry.t)
        return {"wall": wall, "who": entry.who, "kind": entry.kind, "text": entry.text, "number": entry.number}

    def _state(self) -> RunState | None:
        follower = self._course.follower
        return follower.state if follower is not None else None


def _run(seen: RunState) -> dict[str, Json]:
    moment, users = seen.moment, seen.users
    claims: Sequence[Json] = [{"text": each.text, "state": each.state} for each in seen.claims]
    said: dict[str, Json] = {
        "title": seen.title,
        "fault": seen.fault,
        "targets": list(seen.targets),
        "phase": seen.phase,
        "claims": list(claims),
    }
    if moment is not None:
        latency = None if moment.latency == float("inf") else moment.latency
        said |= {"words": moment.phase, "left": moment.left, "rate": moment.rate, "good": moment.good, "slow": latency}
    if users is not None:
        said |= {"success": users.success, "breach": users.breach}
    return said
