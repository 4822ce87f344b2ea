"""What users and the platform see while an instance warms up, serves and drains."""

import pytest
from starlette.testclient import TestClient

from specimen.gate import ErrorShare
from specimen.lifecycle import Life
from tests.specimen.doubles import Shelf, Watch

ASKED = "/v1/similarity?a=1&b=2"


def test_while_it_warms_up_it_lives_and_serves_nobody(users: TestClient) -> None:
    assert users.get("/health").status_code == 200
    assert users.get("/ready").status_code == 503
    refused = users.get(ASKED)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


def test_when_it_is_warm_it_serves(users: TestClient, watch: Watch) -> None:
    watch.now += 6.0
    assert users.get("/ready").status_code == 200
    assert users.get(ASKED).status_code == 200


def test_while_it_drains_it_is_not_ready_and_still_serves(users: TestClient, watch: Watch, life: Life) -> None:
    watch.now += 6.0
    life.drain()
    assert users.get("/ready").json() == {"ready": False, "why": "draining"}
    answer = users.get(ASKED)
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


def test_without_the_database_it_is_not_ready_and_says_so(users: TestClient, watch: Watch, shelf: Shelf) -> None:
    watch.now += 6.0
    shelf.there = False
    assert users.get("/ready").status_code == 503
    assert users.get(ASKED).status_code == 503
    assert users.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/nowhere", ASKED])
def test_every_answer_names_who_gave_it(users: TestClient, path: str) -> None:
    assert users.get(path).headers["x-instance"] == "pod-1"


@pytest.mark.parametrize("error_share", [0.05])
def test_the_error_share_fails_that_share_of_the_api_alone(users: TestClient, watch: Watch) -> None:
    watch.now += 6.0
    statuses = [users.get(ASKED).status_code for _ in range(100)]
    assert (statuses.count(500), statuses.count(200)) == (5, 95)
    assert users.get("/ready").status_code == 200


@pytest.mark.parametrize(("share", "due"), [(0.0, 0), (0.01, 10), (0.3, 300), (1.0, 1000)])
def test_the_error_share_is_exact(share: float, due: int) -> None:
    errors = ErrorShare(share)
    assert sum(errors.due() for _ in range(1000)) == due


def test_answers_are_counted(users: TestClient, watch: Watch) -> None:
    users.get(ASKED)
    watch.now += 6.0
    users.get(ASKED)
    users.get("/nowhere")
    text = users.get("/metrics").text
    for line in (
        'requests_total{path="/v1/similarity",status="503"} 1.0',
        'requests_total{path="/v1/similarity",status="200"} 1.0',
        'requests_total{path="other",status="404"} 1.0',
    ):
        assert line in text


def test_what_was_opened_is_closed(users: TestClient, shelf: Shelf) -> None:
    assert shelf.opened == 1
    users.__exit__(None, None, None)
    assert shelf.opened == 0
    users.__enter__()


def test_a_model_that_is_loaded_when_asked_for_lets_the_first_users_wait(watch: Watch) -> None:
    lazy = Life(6.0, watch, at_first_request=True)
    assert lazy.warm, "it takes itself to be ready"
    watch.now += 60
    lazy.asked()
    assert not lazy.warm
    watch.now += 6
    lazy.asked()
    assert lazy.warm
