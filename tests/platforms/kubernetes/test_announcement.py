from datetime import UTC, datetime

from squall.platforms.kubernetes.announcement import LONGEST, announce, event
from squall.platforms.kubernetes.objects.pods import instance
from tests.platforms.api_server import answers
from tests.platforms.conftest import Served
from tests.platforms.kubernetes.objects.test_pods import NOW, pod

POD = instance("api", pod(), NOW)


def test_it_says_which_run_until_when_and_how_it_is_undone() -> None:
    said = event("web", POD, "freeze", "run-1", 20.0, datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
    assert said["note"] == (
        "squall harms this pod on purpose (freeze) until 2026-11-21T10:00:20Z, in the run run-1. "
        "To undo: squall undo --context CONTEXT"
    )
    assert said["regarding"] == {"apiVersion": "v1", "kind": "Pod", "namespace": "web", "name": "api-1", "uid": "u-1"}
    assert "at once" in event("web", POD, "kill", "r", 0.0, NOW)["note"]
    assert len(event("web", POD, "kill", "r" * 2000, 0.0, NOW)["note"]) == LONGEST


def test_it_is_made_for_each_and_what_is_refused_is_told_and_no_more(served: Served) -> None:
    served.script.then(answers({}, 201), answers({"message": "events is forbidden"}, 403))
    (told,) = announce(served.api, "web", [POD, POD], "kill", "r", 0.0)
    assert told.startswith("the harm to api-1 could not be announced: ")
    assert "events is forbidden (403)" in told
    assert [path for path, _ in served.script.asked] == ["/apis/events.k8s.io/v1/namespaces/web/events"] * 2
