"""The page on the architecture names every room, and the picture shows what the imports say."""

import re
import xml.etree.ElementTree as ET

import pytest

from docs.picture import WIDTH, Layout, picture
from docs.rooms import ROOT, Rooms, graph, rooms

HERE = rooms(graph())
PAGE = (ROOT / "docs" / "architecture.md").read_text()
SVG = "{http://www.w3.org/2000/svg}"


def test_every_room_has_a_row() -> None:
    rows = set(re.findall(r"^\| `squall/(\w+)/` \|", PAGE, re.MULTILINE))
    folders = {room for room in HERE.imports if (ROOT / "squall" / room).is_dir()}
    assert rows == folders


def test_the_picture_names_every_room_once() -> None:
    root = ET.fromstring(picture(HERE))  # noqa: S314 - drawn here
    assert sorted(text.text or "" for text in root.iter(f"{SVG}text")) == sorted(HERE.imports)


def test_no_box_leaves_the_page_or_lies_on_another() -> None:
    layout = Layout(HERE)
    for floor in range(len(HERE.floors)):
        row = sorted((layout.centres[spot], spot.width) for spot in layout.centres if spot.floor == floor)
        edges = [0.0, *(edge for x, width in row for edge in (x - width / 2, x + width / 2)), float(WIDTH)]
        assert edges == sorted(edges)


SMALL = Rooms({"a": frozenset({"b", "d"}), "b": frozenset({"c"}), "c": frozenset({"d"}), "d": frozenset()})


def test_a_line_that_others_lead_around_is_left_out() -> None:
    assert SMALL.shortest == [("a", "b"), ("b", "c"), ("c", "d")]


def test_a_line_over_several_floors_passes_between_their_rooms() -> None:
    far = Rooms({"a": frozenset({"b", "other"}), "b": frozenset({"c"}), "c": frozenset(), "other": frozenset()})
    steps = [(upper.floor, lower.floor, lower.passing) for upper, lower in Layout(far).steps if lower.room == "other"]
    assert steps == [(2, 1, True), (1, 0, False)]


@pytest.mark.parametrize("small", [SMALL, Rooms({"alone": frozenset()})])
def test_the_same_imports_give_the_same_picture(small: Rooms) -> None:
    assert picture(small) == picture(Rooms(dict(reversed(list(small.imports.items())))))
