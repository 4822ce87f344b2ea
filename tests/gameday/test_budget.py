"""What a drill's report says of the error budget when no figure of it can be given."""

from typing import Any

import pytest

from squall.gameday.debrief import AbortTimes, Debrief, ScenarioDebrief
from squall.gameday.report import budget

NONE: Any = None


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({}, "nothing was harmed, so nothing of it was spent"),
        ({"aborted": AbortTimes(None, 0.4, [])}, "nothing was harmed, so nothing of it was spent"),
        ({"aborted": AbortTimes(3.5, 3.6, [])}, "not known: what was harmed was undone before"),
        ({"recovery": "users were served well again after 2 s"}, "not known"),
    ],
)
def test_a_budget_without_a_figure_is_nothing_only_if_nothing_was_harmed(seen: dict[str, Any], said: str) -> None:
    scenario = ScenarioDebrief(1, "A crash", "", **seen)
    assert budget(Debrief(NONE, NONE, [], [scenario], "", [])).startswith(said)
