import pytest
from starlette.testclient import TestClient

from specimen.api import Api
from specimen.cache import Answers
from specimen.documents import Pool
from specimen.gate import ErrorShare, Gate
from specimen.lifecycle import Life
from specimen.metrics import Metrics
from tests.specimen.doubles import KeptInMemory, Shelf, Watch

QUERY = {"query": "chest pain", "candidates": [3, 1, 2]}


@pytest.fixture(autouse=True)
def _warm(watch: Watch, users: TestClient) -> None:
    assert users.get("/ready").status_code == 503
    watch.now += 6.0


def test_reranking_puts_every_candidate_in_order(users: TestClient) -> None:
    order = users.post("/v1/rerank", json=QUERY).json()["order"]
    assert sorted(number for number, _ in order) == [1, 2, 3]
    scores = [score for _, score in order]
    assert scores == sorted(scores, reverse=True)


def test_the_same_question_is_answered_from_the_cache(users: TestClient) -> None:
    first = users.post("/v1/rerank", json=QUERY)
    again = users.post("/v1/rerank", json={**QUERY, "candidates": [1, 2, 3]})
    assert (first.headers["x-cache"], again.headers["x-cache"]) == ("miss", "hit")
    assert first.json() == again.json()
    assert 'cache_lookups_total{result="hit"} 1.0' in users.get("/metrics").text


def test_without_the_cache_answers_are_the_same(users: TestClient, store: KeptInMemory) -> None:
    store.broken = True
    answer = users.post("/v1/rerank", json=QUERY)
    assert (answer.status_code, answer.headers["x-cache"]) == (200, "off")


def test_the_figures_show_the_pool_and_whether_the_cache_is_left_alone(
    users: TestClient, store: KeptInMemory, shelf: Shelf
) -> None:
    shelf.taken = Pool(free=0, waiting=3)
    assert {"database_pool_free 0.0", "database_pool_waiting 3.0", "cache_resting 0.0"} <= figures(users)
    store.broken = True
    users.post("/v1/rerank", json=QUERY)
    assert "cache_resting 1.0" in figures(users)


def figures(users: TestClient) -> set[str]:
    return set(users.get("/metrics").text.splitlines())


def test_a_batch_answers_each_query(users: TestClient) -> None:
    single = users.post("/v1/rerank", json=QUERY).json()
    batch = users.post("/v1/batch", json={"queries": [QUERY, {**QUERY, "candidates": [4]}]}).json()
    assert batch["answers"][0] == single
    assert [number for number, _ in batch["answers"][1]["order"]] == [4]


def test_similarity_is_asked_either_way(users: TestClient) -> None:
    assert users.get("/v1/similarity?a=1&b=1").json() == {"similarity": 1.0}
    assert users.post("/v1/similarity", json={"a": 1, "b": 2}).json() == {"similarity": 0.0}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/v1/rerank", "{", "the body is not JSON"),
        ("/v1/rerank", "[]", "expected an object"),
        ("/v1/rerank", '{"query": "", "candidates": [1]}', "query: expected a text of 1 to 1000 characters"),
        ("/v1/rerank", '{"query": "a", "candidates": []}', "candidates: expected 1 to 100 numbers of documents"),
        ("/v1/rerank", '{"query": "a", "candidates": [true]}', "candidates: expected the number of a document"),
        ("/v1/batch", '{"queries": []}', "queries: expected 1 to 10"),
        ("/v1/similarity", '{"a": 1}', "b: expected the number of a document"),
    ],
)
def test_what_means_nothing_is_the_users_fault(users: TestClient, path: str, body: str, says: str) -> None:
    refused = users.post(path, content=body)
    assert (refused.status_code, refused.json()) == (400, {"error": says})


def test_a_query_string_may_mean_nothing_too(users: TestClient) -> None:
    assert users.get("/v1/similarity?a=1").status_code == 400
    assert users.get("/v1/similarity?a=1&b=x").status_code == 400


def test_documents_that_do_not_exist_are_named(users: TestClient) -> None:
    answer = users.get("/v1/similarity?a=1&b=77")
    assert (answer.status_code, answer.json()) == (404, {"error": "no such documents: 77"})


def test_a_comparison_waits_for_its_weakness_and_nothing_else_does(
    watch: Watch, store: KeptInMemory, shelf: Shelf, life: Life
) -> None:
    waited: list[str] = []

    async def wait() -> None:
        waited.append("waited")

    metrics = Metrics()
    api = Api(life, shelf, Answers(store, 1.0, watch), metrics, wait)
    with TestClient(Gate(api.application(), life, "pod-1", ErrorShare(0.0), metrics, watch)) as users:
        users.post("/v1/rerank", json=QUERY)
        assert waited == []
        users.get("/v1/similarity?a=1&b=1")
        assert waited == ["waited"]
