from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from specimen.queries import Pair, Query, read_batch
from squall.load.process import LoadProcess
from squall.record import columns
from squall.system import system
from tests.load.server import Server

ROOT = Path(__file__).parents[2]
READ: Mapping[str, Callable[[bytes], object]] = {
    "/v1/rerank": Query.read,
    "/v1/similarity": Pair.read,
    "/v1/batch": read_batch,
}


@pytest.mark.slow
def test_users_ask_what_the_specimen_understands_in_the_stated_mix(tmp_path: Path) -> None:
    settings = system.UserLoad.model_validate({"locustfile": "load/quantum_rerank.py", "rate": "300/s"})
    with Server() as server:
        load = LoadProcess.start(settings, server.url, tmp_path / "requests.sqb", lambda *_: None, seed=1, root=ROOT)
        server.wait_for(200)
        load.stop()
        asked = list(zip(server.requests, server.bodies, strict=True))
    for head, body in asked:
        READ[head.split(b" ", 2)[1].decode()](body)
    assert load.failure() is None
    names = Counter(s.name for s in columns.load(tmp_path / "requests.sqb"))
    assert names["rerank"] > names["similarity"] > names["batch"] > 0
