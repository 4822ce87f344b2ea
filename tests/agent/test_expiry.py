"""The expiry in the cluster: what it takes back, when, and what it leaves alone; on objects that stand in a folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from squall.agent.expiry import Expiry
from squall.agent.marks import HARM, Object
from squall.platforms.kubernetes.mark import Change, Mark
from tests.platforms.json_patch import patched

UNTIL = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
PATH = "/apis/apps/v1/namespaces/web/deployments/api"
CHANGE = Change("/spec/replicas", 3, 0)


def marked(run: str = "mine", replicas: int = 0, **more: Any) -> dict[str, Any]:
    text = Mark.of(run, UNTIL, [CHANGE]).text()
    said = json.loads(text) | more
    return {"metadata": {"uid": "u", "annotations": {HARM: json.dumps(said)}}, "spec": {"replicas": replicas}}


@dataclass
class Server:
    """Objects by path, and the wall time."""

    objects: dict[str, Any]
    now: datetime = UNTIL - timedelta(seconds=1)
    down: bool = False
    patches: list[list[Object]] = field(default_factory=list)

    def call(self, method: str, path: str, body: list[Object] | None) -> Mapping[str, Any] | None:
        if self.down:
            raise OSError("connection refused")
        if body is not None:
            self.patches.append(body)
            self.objects[path] = patched(self.objects[path], body)
        return self.objects.get(path)

    def expiry(self, *paths: str) -> Expiry:
        return Expiry("mine", paths or (PATH,), self.call, lambda: self.now)


def test_nothing_is_taken_back_before_its_time_and_all_at_it() -> None:
    server = Server({PATH: marked()})
    expiry = server.expiry()
    assert expiry.look() == []
    assert not expiry.over
    server.now = UNTIL
    assert expiry.look() == [f"{PATH}: /spec/replicas as before; its time was over at 2026-11-28 10:00:00+00:00"]
    assert server.objects[PATH]["spec"]["replicas"] == 3
    assert HARM not in server.objects[PATH]["metadata"]["annotations"]
    assert expiry.over


def test_what_the_run_has_taken_back_itself_ends_it() -> None:
    server = Server({PATH: marked()})
    expiry = server.expiry()
    expiry.look()
    server.objects[PATH] = {"metadata": {"uid": "u"}, "spec": {"replicas": 3}}
    server.now = UNTIL + timedelta(minutes=1)
    assert expiry.look() == []
    assert expiry.over
    assert server.patches == []


def test_it_waits_for_a_harm_that_has_not_begun() -> None:
    server = Server({PATH: {"metadata": {"uid": "u"}, "spec": {"replicas": 3}}}, UNTIL + timedelta(hours=1))
    expiry = server.expiry()
    assert expiry.look() == []
    assert not expiry.over


def test_a_value_that_someone_changed_stays_and_the_mark_goes() -> None:
    server = Server({PATH: marked(replicas=5)}, UNTIL)
    (said,) = server.expiry().look()
    assert "nothing of ours stood" in said
    assert server.objects[PATH]["spec"]["replicas"] == 5
    assert HARM not in server.objects[PATH]["metadata"]["annotations"]


@pytest.mark.parametrize("path", [PATH, "/api/v1/nodes/gone"])
def test_another_run_s_mark_and_an_object_that_is_gone_are_left_alone(path: str) -> None:
    server = Server({PATH: marked("other")}, UNTIL)
    assert server.expiry(path).look() == []
    assert server.patches == []


def test_an_undo_of_another_kind_is_not_its_to_do() -> None:
    server = Server({PATH: marked(undo={"kind": "steps.evil.wipe", "args": {}})}, UNTIL)
    (said,) = server.expiry().look()
    assert "its undo is of the kind steps.evil.wipe, which is not the expiry's" in said
    assert server.patches == []


def test_a_server_that_does_not_answer_is_asked_again() -> None:
    server = Server({PATH: marked()}, UNTIL, down=True)
    expiry = server.expiry()
    assert expiry.look() == [f"{PATH}: connection refused"]
    assert not expiry.over
    server.down = False
    expiry.look()
    assert expiry.over
