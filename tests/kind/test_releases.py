"""Versions of QuantumRerank that do not come out, by its own releaser on the real cluster, and what undoes them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.faults.release import Release
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.objects.workloads import rolled_out
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import find_system
from tests.kind.gate import CONTEXT, ROOT
from tests.kind.harmed import new_run
from tests.platforms.carrying import begun, bitten, injected, missed, undone
from tests.platforms.echo_cluster import quiet
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = find_system("quantum-rerank", ROOT)
API = "rerank-api"
OUT_WITHIN = 90.0
ENDED_WITHIN = 20.0


@pytest.fixture(scope="module")
def kind() -> Iterator[Kind]:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        on.check()
        on.deploy((), quiet)
        yield on


@pytest.fixture
def run(kind: Kind) -> Iterator[str]:
    """A run that owns the system."""
    run = new_run()
    lease = kind.claim_run(run)
    yield run
    perform(lease)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("never gets ready", {"ContainersNotReady"}),
        ("has an image that cannot be pulled", {"ErrImagePull", "ImagePullBackOff"}),
    ],
)
def test_a_version_that_does_not_come_out_says_why(
    kind: Kind, run: str, tmp_path: Path, release: str, words: set[str]
) -> None:
    (evidence,) = bitten(kind, Release(API, release), tmp_path, run)
    assert any(f"({word}" in evidence.how for word in words), evidence
    # Those of the version before never went.
    assert sum(one.ready for one in kind.instances(API)) == kind.wanted(API)


def test_a_version_that_does_not_start_ends_and_is_put_back(kind: Kind, run: str, tmp_path: Path) -> None:
    release, log = Release(API, "does not start"), UndoLog(tmp_path / "undo.jsonl")
    try:
        target, _ = begun(kind, release, log, run)
        (evidence,) = injected(release, target)
        assert evidence.proven, evidence
        until(lambda: any(one.ended == "Error" for one in kind.instances(API)), ENDED_WITHIN)
        assert sum(one.ready for one in kind.instances(API)) == kind.wanted(API)
    finally:
        (proof,) = undone(log)
    assert "was put back, and all of its pods are ready" in proof


def test_a_version_that_is_out_already_is_no_release(kind: Kind, run: str, tmp_path: Path) -> None:
    first, log = Release(API, "is good"), UndoLog(tmp_path / "first.jsonl")
    try:
        target, _ = begun(kind, first, log, run)
        injected(first, target)
        until(lambda: rolled_out(kind.harm_context.workloads.read(API)), OUT_WITHIN)
        (evidence,) = missed(kind, first, tmp_path, run)
        assert "the releaser ended and no pod is of another version" in evidence.how
    finally:
        undone(log)
