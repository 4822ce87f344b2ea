"""The picture of the package's rooms: an SVG, drawn from their imports alone.

Each room stands on a floor of its own height and a line leads down to each room that it imports, except where another
line's rooms lead there already. It knows nothing of what a room is for.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from xml.sax.saxutils import escape

from docs.rooms import Rooms

# Pixels. The width is that of a page of text on a laptop; halved, on a phone, the names can still be read.
WIDTH, FLOOR, BOX, LETTER, EDGE, LANE, GAP = 760, 84, 44, 11.2, 18, 10, 14
# Rounds in which each room moves towards those that it is connected with; more of them change nothing.
ROUNDS = 60
STYLE = """
.line { fill: none; stroke: #8a97a8; stroke-width: 1.6 }
.box { fill: #eef3fa; stroke: #33567f; stroke-width: 1.4 }
.name { font: 20px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #14283f; text-anchor: middle }
"""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A room on its floor, or the place on a floor between where the lines to a room pass."""

    room: str
    floor: int
    passing: bool = False

    @property
    def width(self) -> float:
        """Pixels from side to side."""
        return LANE if self.passing else EDGE + LETTER * len(self.room)


@dataclass(frozen=True)
class Layout:
    """Where each room is drawn."""

    rooms: Rooms

    @cached_property
    def spots(self) -> Mapping[str, Spot]:
        """Each room's own spot."""
        return {room: Spot(room, floor) for floor, found in enumerate(self.rooms.floors) for room in found}

    @cached_property
    def steps(self) -> list[tuple[Spot, Spot]]:
        """The lines, floor by floor; those to one room share their way from where they meet."""
        found: set[tuple[Spot, Spot]] = set()
        for room, other in self.rooms.shortest:
            upper, last = self.spots[room], self.spots[other]
            way = [Spot(other, floor, passing=True) for floor in range(upper.floor - 1, last.floor, -1)]
            found |= set(zip([upper, *way], [*way, last], strict=True))
        return sorted(found)

    @cached_property
    def centres(self) -> Mapping[Spot, float]:
        """The pixels from the left to the middle of each spot."""
        near: dict[Spot, list[Spot]] = defaultdict(list)
        for upper, lower in self.steps:
            near[upper].append(lower)
            near[lower].append(upper)
        floors = [sorted(spot for spot in {*self.spots.values(), *near} if spot.floor == floor)
                  for floor in range(len(self.rooms.floors))]  # fmt: skip
        at = {spot: x for floor in floors for spot, x in _placed(floor, dict.fromkeys(floor, WIDTH / 2))}
        for _ in range(ROUNDS):
            for floor in floors:
                wanted = {spot: fmean([at[other] for other in near[spot]] or [at[spot]]) for spot in floor}
                at.update(_placed(sorted(floor, key=lambda spot: (wanted[spot], spot)), wanted))
        return at


def _placed(row: Sequence[Spot], wanted: Mapping[Spot, float]) -> Iterator[tuple[Spot, float]]:
    """Yield a place for each spot of a row, in that order and without overlap, as near to the wanted as that allows."""
    pushed_right = _pushed(row, wanted)
    # The same in a mirror: neither side is preferred.
    pushed_left = _pushed(row[::-1], {spot: WIDTH - wanted[spot] for spot in row})
    for spot in row:
        yield spot, (pushed_right[spot] + WIDTH - pushed_left[spot]) / 2


def _pushed(row: Sequence[Spot], wanted: Mapping[Spot, float]) -> dict[Spot, float]:
    """Return the places of a row in which each spot that has no room is pushed on, and back from the edge."""
    at: dict[Spot, float] = {}
    free = GAP / 2
    for spot in row:
        at[spot] = max(free, wanted[spot] - spot.width / 2) + spot.width / 2
        free = at[spot] + spot.width / 2 + GAP
    limit = WIDTH - GAP / 2
    for spot in reversed(row):
        at[spot] = min(at[spot], limit - spot.width / 2)
        limit = at[spot] - spot.width / 2 - GAP
    return at


def picture(rooms: Rooms) -> str:
    """Return the picture as the text of an SVG file."""
    layout = Layout(rooms)
    height = FLOOR * len(rooms.floors)
    lines = "\n".join(_line(layout, upper, lower, height) for upper, lower in layout.steps)
    boxes = "\n".join(_box(layout, spot, height) for _, spot in sorted(layout.spots.items()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>Who imports whom in squall</title>\n<style>{STYLE}</style>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{lines}\n{boxes}\n</svg>\n'
    )


def _line(layout: Layout, upper: Spot, lower: Spot, height: int) -> str:
    x, y = layout.centres[upper], _middle(upper, height) + (0 if upper.passing else BOX / 2)
    to, end = layout.centres[lower], _middle(lower, height) - (0 if lower.passing else BOX / 2)
    half = (y + end) / 2
    return f'<path class="line" d="M{x:.0f} {y:.0f} C{x:.0f} {half:.0f} {to:.0f} {half:.0f} {to:.0f} {end:.0f}"/>'


def _box(layout: Layout, spot: Spot, height: int) -> str:
    x, y = layout.centres[spot], _middle(spot, height)
    left, top = x - spot.width / 2, y - BOX / 2
    return (
        f'<rect class="box" x="{left:.0f}" y="{top:.0f}" width="{spot.width:.0f}" height="{BOX}" rx="7"/>'
        f'<text class="name" x="{x:.0f}" y="{y + 6:.0f}">{escape(spot.room)}</text>'
    )


def _middle(spot: Spot, height: int) -> float:
    return height - FLOOR * (spot.floor + 0.5)
