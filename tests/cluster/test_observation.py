"""Looking at a cluster through programs that play Docker and kubectl."""

import json
from pathlib import Path

import pytest

from cluster.cache import Cache
from cluster.observation import see

CONTAINERS = "squall-control-plane running\nsquall-worker running\nsquall-worker2 running\n"
OBJECTS = {"items": [{"kind": "DaemonSet", "metadata": {"name": "kube-proxy"}, "status": {}}]}


def play(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setenv("SQUALL_CACHE", str(tmp_path / "cache"))
    programs = tmp_path / "programs"
    programs.mkdir()
    play(programs / "docker", f"printf '{CONTAINERS}'")
    play(programs / "kind", "echo kind v0.33.0 go; exit 0")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return Cache.of_user()


def test_without_containers_nothing_else_is_asked(cache: Cache, tmp_path: Path) -> None:
    play(tmp_path / "programs" / "docker", "true")
    play(cache.bin / "kubectl", "touch asked")
    assert see(cache).containers == {}


def test_an_api_that_does_not_answer(cache: Cache) -> None:
    play(cache.bin / "kubectl", "echo refused >&2; exit 1")
    seen = see(cache)
    assert len(seen.containers) == 3
    assert not seen.answers


def test_a_cluster_without_its_record(cache: Cache) -> None:
    script = f"case \"$*\" in *configmap*) exit 1 ;; *) echo '{json.dumps(OBJECTS)}' ;; esac"
    play(cache.bin / "kubectl", script)
    seen = see(cache)
    assert seen.answers
    assert seen.key is None


def test_a_finished_cluster(cache: Cache) -> None:
    record = json.dumps({"data": {"key": "abc"}})
    script = f"case \"$*\" in *configmap*) echo '{record}' ;; *) echo '{json.dumps(OBJECTS)}' ;; esac"
    play(cache.bin / "kubectl", script)
    seen = see(cache)
    assert seen.key == "abc"
    assert seen.unready == ("DaemonSet kube-proxy",)
