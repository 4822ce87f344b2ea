from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from specimen.api import Api
from specimen.cache import Answers
from specimen.gate import ErrorShare, Gate
from specimen.lifecycle import Life
from specimen.metrics import Metrics
from tests.specimen.doubles import KeptInMemory, Shelf, Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def store() -> KeptInMemory:
    return KeptInMemory()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def life(watch: Watch) -> Life:
    return Life(6.0, watch)


@pytest.fixture
def error_share() -> float:
    return 0.0


@pytest.fixture
def users(watch: Watch, store: KeptInMemory, shelf: Shelf, life: Life, error_share: float) -> Iterator[TestClient]:
    metrics = Metrics()
    api = Api(life, shelf, Answers(store, 1.0, watch), metrics)
    with TestClient(Gate(api.application(), life, "pod-1", ErrorShare(error_share), metrics, watch)) as client:
        yield client
