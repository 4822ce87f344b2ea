"""A password that is rotated on the real cluster: at PostgreSQL, in the Secret, in the pods; and set back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.agent.expiry.marks import mark_text
from squall.errors import InjectionFailed, Misuse
from squall.faults.secret_rotated import SecretRotated
from squall.instances import EVERY
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.secret_copy import copy_of
from squall.platforms.kubernetes.objects.workloads import rolled_out
from squall.run.preflight import unoffered
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import find_system
from squall.verdict import Verdict
from tests.kind.gate import CONTEXT, LONGEST, ROOT, carried_out
from tests.kind.harmed import Someone
from tests.platforms.carrying import begun, bitten, injected, undone
from tests.platforms.echo_cluster import quiet
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = find_system("quantum-rerank", ROOT)
API, KEY = "rerank-api", "database-password"
SECRET = ObjectRef("secret", "quantum-rerank", "quantum-rerank")
DEPLOYMENT = ObjectRef("deployment", API, "quantum-rerank")
ROTATED = SecretRotated(API, EVERY, 0.0, KEY)
OUT_WITHIN = 90.0
FEATURE = ROOT / "features" / "quantum_rerank" / "secrets.feature"


@pytest.fixture(scope="module")
def deployed() -> None:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        on.check()
        on.deploy((), quiet)


@pytest.fixture
def kind(deployed: None, run: str) -> Iterator[Kind]:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        assert unoffered(on, ROTATED) == ""
        lease = on.claim_run(run)
        yield on
        until(lambda: rolled_out(on.harm_context.api.get(DEPLOYMENT.path)), OUT_WITHIN)
        perform(lease)


def held(kind: Kind) -> str:
    return str(kind.harm_context.api.get(SECRET.path)["data"][KEY])


def test_a_rotated_password_reaches_its_ends_and_is_set_back(kind: Kind, run: str, tmp_path: Path) -> None:
    before = held(kind)
    at_store, pods = bitten(kind, ROTATED, tmp_path, run)
    assert "a log-in as app is refused (password authentication failed" in at_store.how
    assert "with the new one let in" in at_store.how
    assert "was started anew, and logged in as app" in pods.how
    assert held(kind) == before
    assert mark_text(kind.harm_context.api.get(SECRET.path)) is None
    assert kind.harm_context.api.find(copy_of(run, SECRET, KEY).path) is None
    proofs = (tmp_path / "undo.jsonl").read_text()
    assert "was set back, and lets it in" in proofs
    assert before not in proofs


@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize(
    ("options", "expected"),
    [((), Verdict.HELD), (("--weakness", "short-lived connections"), Verdict.BROKEN)],
    ids=["promise", "twin"],
)
def test_a_whole_run_under_load(options: tuple[str, ...], expected: Verdict, tmp_path: Path) -> None:
    title = "The database password is rotated by a rolling restart, and no request fails"
    outcome = carried_out(FEATURE, title, tmp_path, *options)
    assert outcome.judgement.verdict is expected, outcome.output
    assert outcome.standing == 0


def test_a_password_that_someone_rotates_meanwhile_stays_in_the_secret(kind: Kind, run: str, tmp_path: Path) -> None:
    before, someone, log = held(kind), Someone(kind), UndoLog(tmp_path / "undo.jsonl")
    try:
        target, _ = begun(kind, ROTATED, log, run)
        assert all(each.proven for each in injected(ROTATED, target))
        rotated = held(kind)
        assert rotated not in {before, ""}
        assert ROTATED.ended(target) == []
        someone.writes(SECRET, {"data": {KEY: "YW5vdGhlcg=="}})
        (ended,) = ROTATED.ended(target)
        assert f"{KEY} was changed by someone else" in ended.how
    finally:
        proofs = undone(log)
        kept = held(kind)
        someone.writes(SECRET, {"data": {KEY: before}})
    assert kept == "YW5vdGhlcg=="
    assert any("was changed by someone else: left alone" in each for each in proofs), proofs
    assert mark_text(kind.harm_context.api.get(SECRET.path)) is None


def test_where_the_rollout_stands_still_no_pod_logs_in_with_it(
    kind: Kind, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("squall.platforms.kubernetes.harms.secret_rotated.LOGGED_IN_WITHIN", 10.0)
    someone, log = Someone(kind), UndoLog(tmp_path / "undo.jsonl")
    someone.writes(DEPLOYMENT, {"spec": {"paused": True}})
    try:
        target, _ = begun(kind, ROTATED, log, run)
        at_store, pods = injected(ROTATED, target)
        assert at_store.proven
        assert not pods.proven
        assert "no pod of deployment quantum-rerank/rerank-api that was started anew has logged in" in pods.how
    finally:
        undone(log)
        someone.writes(DEPLOYMENT, {"spec": {"paused": None}})


def test_who_does_not_read_the_secret_is_not_harmed(kind: Kind, run: str, tmp_path: Path) -> None:
    elsewhere, log, before = SecretRotated("ingress", EVERY, 0.0, KEY), UndoLog(tmp_path / "undo.jsonl"), held(kind)
    target, _ = begun(kind, elsewhere, log, run)
    elsewhere.prepare(target)
    with pytest.raises(InjectionFailed, match="reads no secret quantum-rerank/quantum-rerank"):
        elsewhere.inject(target)
    assert held(kind) == before
    undone(log)


def test_a_secret_that_no_store_takes_is_refused_before_anything_is_done(kind: Kind) -> None:
    with pytest.raises(Misuse, match="stores must say of one PostgreSQL database that it is its application's"):
        SecretRotated(API, EVERY, 0.0, "cache-password").check(kind)
