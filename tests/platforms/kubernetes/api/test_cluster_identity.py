"""What an undo makes of a failure of the API: whether the same may succeed later."""

import pytest

from squall.errors import NotReached, NotUndone
from squall.platforms.kubernetes.api.client import ApiFailed
from squall.platforms.kubernetes.api.cluster_identity import not_undone


@pytest.mark.parametrize(
    ("status", "passing"),
    [(0, True), (408, True), (429, True), (500, True), (503, True), (504, True), (401, False), (403, False),
     (404, False), (409, False), (422, False)],
)  # fmt: skip
def test_what_may_succeed_later_is_tried_again(status: int, passing: bool) -> None:
    found = not_undone(ApiFailed("patching node a", status, "no"), "uncordoning a")
    assert isinstance(found, NotUndone)
    assert isinstance(found, NotReached) is passing
    assert str(found) == "uncordoning a: no"
