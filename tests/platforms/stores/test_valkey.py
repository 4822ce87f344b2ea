"""Harms to a real Valkey: each bites, is proven, ends, and leaves nothing; who is immune is not harmed."""

import os
import signal
import threading
import time
from contextlib import closing

import pytest
import redis

import squall.platforms.undos  # noqa: F401 - registers how a harm is undone
from squall.platforms.stores.harm import Impossible
from squall.platforms.stores.worker_client import WorkerClient
from squall.safety.undo_log import Undo, perform
from tests.platforms.stores.servers import Cache, cache, until

pytestmark = pytest.mark.slow

LIMIT = str(64 << 20)


def undo(found: Cache, harm: str, run: str = "run-1", **before: str) -> Undo:
    endpoint = found.endpoint.model_dump(mode="json")
    return Undo("store", f"{harm} in redis", {"endpoint": endpoint, "run": run, "harm": harm, "before": before})


def limit(found: Cache) -> object:
    said = found.ask("CONFIG", "GET", "maxmemory")
    return said["maxmemory"] if isinstance(said, dict) else said


def test_a_flushed_cache_is_empty_and_an_empty_one_is_not_flushed(valkey: Cache, at_valkey: WorkerClient) -> None:
    valkey.fill(120)
    valkey.ask("SET", "elsewhere", "1")
    said = at_valkey.ask("harm", harm="flush")
    assert (said["proven"], said["how"]) == (True, "121 keys, then 0 (INFO keyspace)")
    assert valkey.ask("DBSIZE") == 0
    again = at_valkey.ask("harm", harm="flush")
    assert (again["proven"], again["how"]) == (False, "0 keys, then 0 (INFO keyspace)")


def test_a_cache_whose_keys_may_not_be_lost_is_not_flushed(valkey: Cache) -> None:
    valkey.fill(3)
    endpoint = valkey.endpoint.model_copy(update={"disposable": False})
    with (
        closing(WorkerClient(endpoint, "run-1")) as one,
        pytest.raises(Impossible, match="redis is not marked disposable"),
    ):
        one.ask("harm", harm="flush")
    assert valkey.ask("DBSIZE") == 3


def test_a_full_memory_costs_keys_until_the_limit_is_set_back(valkey: Cache, at_valkey: WorkerClient) -> None:
    valkey.fill()
    before = at_valkey.ask("before", harm="memory")["before"]
    assert before == {"maxmemory": LIMIT}
    said = at_valkey.ask("harm", harm="memory", lasts=60, maxmemory=LIMIT)
    assert said["proven"], said
    assert "keys had to go (evicted_keys)" in str(said["how"])
    assert int(str(limit(valkey))) < 3 << 20
    valkey.fill(1000)
    assert int(str(valkey.ask("DBSIZE"))) < 700
    over = at_valkey.ask("end", harm="memory")
    assert (over["ended"], over["how"]) == ("as stated", f"maxmemory of redis is {LIMIT} again")
    assert limit(valkey) == LIMIT
    keys = valkey.ask("KEYS", "squall*")
    assert keys == []


def test_a_write_that_is_refused_is_an_effect_too(valkey: Cache, at_valkey: WorkerClient) -> None:
    valkey.fill(10)
    valkey.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    try:
        said = at_valkey.ask("harm", harm="memory", lasts=60, maxmemory=LIMIT)
        assert said["proven"], said
        assert "a write is refused: command not allowed when used memory > 'maxmemory'" in str(said["how"])
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            valkey.fill(1)
        assert at_valkey.ask("end", harm="memory")["ended"] == "as stated"
        valkey.fill(1)
    finally:
        valkey.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")


def test_a_limit_that_someone_else_has_set_is_left_alone(valkey: Cache, at_valkey: WorkerClient) -> None:
    valkey.fill()
    assert at_valkey.ask("harm", harm="memory", lasts=60, maxmemory=LIMIT)["proven"]
    valkey.ask("CONFIG", "SET", "maxmemory", "33554432")
    try:
        over = at_valkey.ask("end", harm="memory")
        assert (over["ended"], over["how"]) == ("by others", "maxmemory of redis is 33554432: not ours, left alone")
        assert perform(undo(valkey, "memory", maxmemory=LIMIT)) == over["how"]
        with pytest.raises(Impossible, match="maxmemory was 67108864, and was changed to 33554432 meanwhile"):
            at_valkey.ask("harm", harm="memory", lasts=60, maxmemory=LIMIT)
    finally:
        valkey.ask("CONFIG", "SET", "maxmemory", LIMIT)


def test_a_cache_that_is_full_already_is_immune(valkey: Cache, at_valkey: WorkerClient) -> None:
    valkey.fill(2000)
    said = valkey.client.info("memory")
    small = str(int(said["used_memory"]) - 500_000)
    valkey.ask("CONFIG", "SET", "maxmemory", small)
    try:
        with pytest.raises(Impossible, match="it is full already"):
            at_valkey.ask("harm", harm="memory", lasts=60, maxmemory=small)
        assert limit(valkey) == small
    finally:
        valkey.ask("CONFIG", "SET", "maxmemory", LIMIT)


def test_a_server_that_does_not_let_itself_be_configured_is_immune() -> None:
    with (
        cache("--rename-command", "CONFIG", "") as found,
        closing(WorkerClient(found.endpoint, "run-1")) as client,
        pytest.raises(Impossible, match="reading maxmemory of redis: unknown command"),
    ):
        client.ask("before", harm="memory")


def test_a_paused_cache_answers_nobody_until_the_time_is_over(valkey: Cache, at_valkey: WorkerClient) -> None:
    said = at_valkey.ask("harm", harm="pause", lasts=1.5)
    assert said["proven"], said
    assert "a PING is not answered within 250 ms" in str(said["how"])
    assert valkey.ask("PING")
    over = at_valkey.ask("end", harm="pause")
    assert over["ended"] == "as stated", over
    # It is over 1.5 s after it was ordered, and was seen to be over after that.
    assert float(str(over["sent"])) == pytest.approx(float(str(said["sent"])) + 1.5, abs=0.01)
    assert float(str(over["seen"])) >= float(str(over["sent"]))


def test_a_cache_that_pauses_by_turns_is_slow_and_never_silent(valkey: Cache, at_valkey: WorkerClient) -> None:
    said = at_valkey.ask("harm", harm="pause", hold=0.2, lasts=60)
    assert said["proven"], said
    took = []
    with valkey.client as client:
        for _ in range(60):
            began = time.monotonic()
            client.ping()
            took.append(time.monotonic() - began)
            time.sleep(0.02)
    assert max(took) > 0.1
    assert sorted(took)[len(took) // 3] < 0.1
    assert at_valkey.ask("end", harm="pause")["ended"] == "as stated"


def test_a_pause_that_is_too_long_is_refused(valkey: Cache, at_valkey: WorkerClient) -> None:
    with pytest.raises(Impossible, match="pausing redis: for up to 120 s, not 121"):
        at_valkey.ask("harm", harm="pause", lasts=121)


def test_what_a_dead_worker_left_is_taken_back_by_another_process(valkey: Cache) -> None:
    valkey.fill()
    client = WorkerClient(valkey.endpoint, "run-4")
    try:
        assert client.ask("harm", harm="memory", lasts=60, maxmemory=LIMIT)["proven"]
        os.kill(client.pid, signal.SIGKILL)
        until(lambda: not client.alive)
        assert limit(valkey) != LIMIT
        # Another run's undo does not touch it.
        assert "not ours, left alone" in perform(undo(valkey, "memory", "run-9", maxmemory=LIMIT))
        assert perform(undo(valkey, "memory", "run-4", maxmemory=LIMIT)) == f"maxmemory of redis is {LIMIT} again"
        assert "left alone" in perform(undo(valkey, "memory", "run-4", maxmemory=LIMIT))
        assert limit(valkey) == LIMIT
    finally:
        client.close()


def test_the_undo_of_a_pause_waits_for_its_end(valkey: Cache) -> None:
    with closing(WorkerClient(valkey.endpoint, "run-5")) as client:
        assert client.ask("harm", harm="pause", lasts=2)["proven"]
        os.kill(client.pid, signal.SIGKILL)
    proofs: list[str] = []
    waiting = threading.Thread(target=lambda: proofs.append(perform(undo(valkey, "pause", "run-5"))))
    waiting.start()
    waiting.join(10)
    assert "redis answered" in proofs[0]
