"""Proxies in front of processes: every harm to answers on the platform local, and a proxy that only counts."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import redis

from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.fault import Fault, Target
from squall.faults.resets import Resets
from squall.faults.silence import Silence
from squall.faults.slower import Slower
from squall.instances import EVERY, Ended
from squall.platforms.processes.platform import LocalPlatform
from squall.platforms.stores.endpoint import STORE_CREDENTIAL
from squall.record.calls import SecondOfCalls
from squall.run.preflight import arrange, unoffered
from squall.safety.undo_log import UndoLog, perform
from tests.platforms.carrying import begun, bitten, injected, missed, undone
from tests.platforms.tiny_system import noted, tiny, until

pytestmark = pytest.mark.slow

LASTS = 1.0


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPlatform]:
    with closing(LocalPlatform(tiny())) as on:
        on.check()
        for service in ("cache", "api", "front"):
            arrange(on, Slower(service, EVERY, LASTS, delay=0.1), [])
        on.deploy((), lambda text: None)
        on.claim_run("run")
        yield on


def proxy_of(on: LocalPlatform, service: str) -> int:
    return on._up.layout.of(service)[0].proxy


def asked(on: LocalPlatform) -> int:
    """Return the status that users get; 0 if they get none."""
    try:
        return httpx.get(on.users_url(), timeout=1.0).status_code
    except httpx.TransportError:
        return 0


def ping(on: LocalPlatform) -> float:
    """Return how long the cache takes to answer whoever knows it by its proxy (s)."""
    began = time.monotonic()
    password = (on._state.path / STORE_CREDENTIAL).read_text()
    with redis.Redis(port=proxy_of(on, "cache"), password=password, socket_timeout=1.0) as client:
        client.ping()
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Slower("cache", EVERY, LASTS, delay=0.2), "a trial through the proxy got"),
        (Slower("cache", EVERY, LASTS, delay=0.2, jitter=0.1), "a trial through the proxy got"),
        (ErrorsAnswered("api", EVERY, LASTS), "answered 503 in the place of the target"),
        (ErrorsAnswered("front", EVERY, LASTS, status=500), "HTTP/1.1 500"),
        (Resets("cache", EVERY, LASTS), "got a reset"),
        (Silence("cache", EVERY, LASTS), "got nothing"),
    ],
    ids=lambda one: one.describe() if isinstance(one, Fault) else "",
)
def test_it_bites_ends_and_leaves_nothing(local: LocalPlatform, fault: Fault, says: str, tmp_path: Path) -> None:
    assert unoffered(local, fault) == ""
    evidence = bitten(local, fault, tmp_path, "run")
    assert all(says in each.how for each in evidence), evidence
    # A delay that is left meets every one of them; a slow machine does not.
    assert min(ping(local) for _ in range(5)) < 0.2
    until(lambda: asked(local) == 200)


def test_a_cache_speaks_no_http_and_is_immune_to_errors(local: LocalPlatform, tmp_path: Path) -> None:
    (evidence,) = missed(local, ErrorsAnswered("cache", EVERY, LASTS), tmp_path, "run")
    assert "speaks no HTTP/1.1" in evidence.how


def test_one_that_has_no_proxy_is_not_harmed(local: LocalPlatform, tmp_path: Path) -> None:
    (evidence,) = missed(local, Slower("documents", EVERY, LASTS, delay=0.1), tmp_path, "run")
    assert "uses the network of its node" in evidence.how


def test_users_see_what_was_proven_and_nothing_of_it_afterwards(local: LocalPlatform, tmp_path: Path) -> None:
    fault, log = ErrorsAnswered("front", EVERY, 30.0, status=500), UndoLog(tmp_path / "undo.jsonl")
    target, _ = begun(local, fault, log)
    try:
        assert injected(fault, target)[0].proven
        assert asked(local) == 500
        (ending,) = fault.end(target)
        assert ending.ended is Ended.AS_STATED, ending
        assert asked(local) == 200
    finally:
        undone(log)


@contextmanager
def slowed(on: LocalPlatform, folder: Path) -> Iterator[tuple[Slower, Target]]:
    """Let the cache answer slower; undo it in any case."""
    fault, log = Slower("cache", EVERY, 30.0, delay=0.4), UndoLog(folder / "undo.jsonl")
    target, _ = begun(on, fault, log)
    try:
        assert injected(fault, target)[0].proven
        yield fault, target
    finally:
        undone(log)


def test_an_agent_that_dies_lets_everything_pass_at_once(local: LocalPlatform, tmp_path: Path) -> None:
    with slowed(local, tmp_path) as (fault, target):
        assert ping(local) >= 0.4
        os.kill(noted(local._state.path, "agent").pid, signal.SIGKILL)
        until(lambda: ping(local) < 0.1, 2.0)
        (ending,) = fault.end(target)
        assert (ending.ended, "lets everything pass" in ending.how) == (Ended.BY_OTHERS, True), ending


def test_a_proxy_that_is_killed_is_there_again_and_the_run_says_so(local: LocalPlatform, tmp_path: Path) -> None:
    with slowed(local, tmp_path) as (fault, target):
        os.kill(local._daemon.processes()["cache-0-proxy"].pid, signal.SIGKILL)
        (ending,) = fault.end(target)
        assert (ending.ended, "before the end" in ending.how) == (Ended.BY_OTHERS, True), ending
        until(lambda: local._daemon.processes()["cache-0-proxy"].state == "RUNNING")
        until(lambda: _pings(local))


def _pings(on: LocalPlatform) -> bool:
    try:
        return ping(on) < 0.1
    except redis.ConnectionError:
        return False


def test_a_proxy_counts_who_passes_and_harms_nobody(local: LocalPlatform) -> None:
    cache = local.instances("cache")
    (undo,) = local.plan_agents(cache, "run")
    local.start_agents(cache, "run")
    try:
        assert [each.proven for each in local.count_calls(cache)] == [True]
        assert local.passed(cache[0]) is None
        until(lambda: (passed := local.passed(cache[0])) is not None and passed.until > passed.since)
        for _ in range(5):
            ping(local)
        seen = list[SecondOfCalls]()

        def all_seen() -> bool:
            passed = local.passed(cache[0])
            seen.extend(passed.seconds if passed is not None else ())
            return sum(each.calls for each in seen) >= 5

        until(all_seen)
        assert sum(each.failed for each in seen) == 0
    finally:
        perform(undo)
