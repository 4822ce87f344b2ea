"""A password that is rotated and set back, on a server that keeps objects; the store is the tests'."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue as Json

from squall.agent.expiry.marks import mark_text
from squall.errors import InjectionFailed, Misuse, NotUndone
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.capability import StoreHandle
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms import rotation_undo as rotating_back
from squall.platforms.kubernetes.harms.restart import RESTARTED
from squall.platforms.kubernetes.harms.secret_copy import copy_of
from squall.platforms.kubernetes.harms.secret_rotated import SecretRotatedHarm
from squall.platforms.stores.endpoint import Forwarded, StoreEndpoint
from squall.safety.undo_log import Undo, UndoLog, perform
from squall.system.stores import Login
from tests.platforms.conftest import Served
from tests.platforms.harmed import BACK, FRONT, NAMESPACE, Hasty, deployment, harm_context, pod, up
from tests.platforms.kept import Kept

RUN = "20261121T100000-rotated"
SECRET = ObjectRef("secret", "logins", NAMESPACE)
COPY = copy_of(RUN, SECRET, "password")
WAS = "s3cret-of-before"
RUNS: dict[str, Any] = {"running": {}}
REFERENCE = {"valueFrom": {"secretKeyRef": {"name": "logins", "key": "password"}}}
APPLICATION = Login(user="app", secret=SECRET.name, key="password")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass
class Store:
    """A database that keeps the password of its role; ``trusts``: it lets in whoever comes."""

    kept: Kept
    clock: Hasty = field(default_factory=Hasty)
    trusts: bool = False
    disposable: bool = True
    application: Login | None = APPLICATION
    password: str = encoded(WAS)
    attended: list[str] = field(default_factory=list)
    addresses: dict[str, float] = field(default_factory=dict)

    @property
    def endpoint(self) -> StoreEndpoint:
        place = Forwarded(context="c", kubeconfig=None, namespace=NAMESPACE, service="postgres", port=5432)
        return StoreEndpoint(service="postgres", kind="postgres", place=place, login=Login(user="postgres"),
                    application=self.application, disposable=self.disposable)  # fmt: skip

    def attend(self, run: str) -> None:
        self.attended.append(run)

    def harm(self, harm: str, run: str, **order: Json) -> Evidence:
        assert (harm, order) == ("password", {"namespace": COPY.namespace, "secret": COPY.name})
        self.password = self.kept.at(COPY)["data"]["new"]
        how = "the old one is let in" if self.trusts else "the old one is refused"
        return Evidence("postgres", not self.trusts, how, Interval.exact(1000.0))

    def logins(self, run: str) -> Mapping[str, float]:
        return self.addresses

    # The rest of the contract, which a rotation asks nothing of.
    def undo(self, harm: str, run: str, remembers: bool) -> Undo:
        raise NotImplementedError

    def look(self, harm: str, run: str) -> Mapping[str, Json]:
        raise NotImplementedError

    def backlog(self, queue: str, run: str) -> int:
        raise NotImplementedError

    def started(self, run: str) -> str:
        raise NotImplementedError

    def end(self, harm: str, run: str) -> Ending:
        raise NotImplementedError


def secured(*env: Any) -> Kept:
    kept = up()
    deployment(kept, BACK, *(env or (REFERENCE,)))
    kept.put(SECRET, data={"password": encoded(WAS), "other": encoded("x")})
    return kept


def starts(store: Store, age: float = -60.0, address: str = "10.0.0.7") -> Callable[[Kept, str], None]:
    """A controller that starts a pod of the restart, and the session that it opens; ``age`` is that of the session."""

    def act(kept: Kept, path: str) -> None:
        labels = kept.at(BACK)["spec"]["template"]["metadata"]["labels"]
        if path == BACK.path and RESTARTED in labels:
            made = pod(kept, "back-new", "back", RUNS)
            made["metadata"]["labels"] |= labels
            made["status"]["podIP"] = "10.0.0.7"
            store.addresses = {address: age}

    return act


def rotating(served: Served, store: Store) -> SecretRotatedHarm:
    store.kept.serve(served.script)
    context = replace(harm_context(served), stores=lambda: {"postgres": cast("StoreHandle", store)})
    return SecretRotatedHarm(context, "back", "password")


@pytest.fixture
def taken_back(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    """What the store's part of the undo was called with."""
    calls: list[Mapping[str, Any]] = []

    def take_back(args: Mapping[str, Any]) -> str:
        calls.append(args)
        return "the password was set back"

    monkeypatch.setattr(rotating_back, "take_back", take_back)
    return calls


def test_it_reaches_store_secret_and_pods_and_is_taken_back(
    served: Served, tmp_path: Path, taken_back: list[Mapping[str, Any]]
) -> None:
    kept = secured()
    store = Store(kept)
    kept.controller = starts(store)
    harm, log = rotating(served, store), UndoLog(tmp_path / "undo.jsonl")
    for entry in harm.undo(RUN):
        log.open(entry)
    kept.objects["/api/v1/namespaces/squall"] = {"metadata": {"name": "squall"}}
    harm.prepare(RUN)
    assert store.attended == [RUN]
    at_store, pods = harm.harm(RUN, 0.0)
    assert (at_store.proven, pods.proven) == (True, True)
    assert pods.how == "pod back-new (ContainersNotReady) was started anew, and logged in as app"
    new = kept.at(SECRET)["data"]["password"]
    assert new not in {encoded(WAS), ""}
    assert new == store.password == kept.at(COPY)["data"]["new"]
    assert kept.at(SECRET)["data"]["other"] == encoded("x")
    assert kept.at(COPY)["metadata"]["labels"] == {"squall.dev/run": RUN}
    assert harm.ended(RUN) == []
    # Neither value is anywhere but in the two Secrets.
    written = (tmp_path / "undo.jsonl").read_text() + str(mark_text(kept.at(SECRET))) + f"{at_store}{pods}"
    values = [base64.b64decode(new).decode(), new, WAS, encoded(WAS)]
    assert not [value for value in values if value in written]
    assert json.loads(str(mark_text(kept.at(SECRET))))["undo"]["args"] == {"copy": COPY.name}
    kept.written.clear()
    assert all(isinstance(proof, str) for _, proof in log.replay())
    # The password first, then who reads it; what was kept goes when it is needed no more.
    assert kept.written == [SECRET.path, COPY.path, BACK.path]
    assert kept.at(SECRET)["data"]["password"] == encoded(WAS)
    assert (mark_text(kept.at(SECRET)), mark_text(kept.at(BACK))) == (None, None)
    assert RESTARTED not in kept.at(BACK)["spec"]["template"]["metadata"]["labels"]
    assert [call["before"] for call in taken_back] == [{"namespace": COPY.namespace, "secret": COPY.name}]
    assert ["not rotated, or is as before" in each.how for each in harm.end(RUN)] == [True, False]


def test_a_store_that_asks_for_no_password_is_not_harmed(served: Served) -> None:
    kept = secured()
    store = Store(kept, trusts=True)
    (evidence,) = rotating(served, store).harm(RUN, 0.0)
    assert not evidence.proven
    assert kept.at(SECRET)["data"]["password"] == encoded(WAS)
    assert mark_text(kept.at(BACK)) is None


@pytest.mark.parametrize(
    ("age", "address"), [(600.0, "10.0.0.7"), (-60.0, "10.0.0.8")], ids=["a session of before", "another's session"]
)
def test_without_a_pod_that_has_logged_in_there_is_no_proof(served: Served, age: float, address: str) -> None:
    kept = secured()
    store = Store(kept)
    kept.controller = starts(store, age, address)
    _, pods = rotating(served, store).harm(RUN, 0.0)
    assert not pods.proven
    assert "has logged in for 60 s" in pods.how


def test_who_does_not_read_the_secret_is_not_harmed(served: Served) -> None:
    kept = secured({"name": "NOTHING"})
    with pytest.raises(InjectionFailed, match=f"deployment {NAMESPACE}/back reads no secret {NAMESPACE}/logins"):
        rotating(served, Store(kept)).harm(RUN, 0.0)
    assert kept.written == []


def test_what_bears_a_mark_is_not_rotated(served: Served) -> None:
    kept = secured()
    kept.at(SECRET)["metadata"]["annotations"] = {"squall.dev/harm": "x"}
    with pytest.raises(InjectionFailed, match="it bears the mark of another harm"):
        rotating(served, Store(kept)).harm(RUN, 0.0)
    assert kept.written == []


def test_a_key_that_is_not_there_is_not_rotated(served: Served) -> None:
    kept = secured()
    del kept.at(SECRET)["data"]["password"]
    with pytest.raises(InjectionFailed, match="there is no such key"):
        rotating(served, Store(kept)).harm(RUN, 0.0)


def test_who_else_reads_it_is_warned_of(served: Served) -> None:
    kept = secured()
    deployment(kept, FRONT, REFERENCE)
    assert rotating(served, Store(kept)).warnings() == [
        f"secret {NAMESPACE}/logins is also read by deployment {NAMESPACE}/front, which is not started anew"
    ]


def rotated(served: Served) -> tuple[Kept, SecretRotatedHarm]:
    kept = secured()
    store = Store(kept)
    kept.controller = starts(store)
    harm = rotating(served, store)
    harm.harm(RUN, 0.0)
    return kept, harm


def test_what_someone_else_wrote_stays(served: Served, taken_back: list[Mapping[str, Any]]) -> None:
    kept, harm = rotated(served)
    kept.at(SECRET)["data"]["password"] = encoded("a third")
    (ended,) = harm.ended(RUN)
    assert (ended.ended, ended.how) == (
        Ended.BY_OTHERS, f"secret {NAMESPACE}/logins: password was changed by someone else"
    )  # fmt: skip
    first, _ = harm.end(RUN)
    assert "password was changed by someone else: left alone" in first.how
    assert kept.at(SECRET)["data"]["password"] == encoded("a third")
    assert mark_text(kept.at(SECRET)) is None


def test_a_mark_that_someone_took_away_is_told(served: Served) -> None:
    kept, harm = rotated(served)
    del kept.at(SECRET)["metadata"]["annotations"]
    assert [each.how for each in harm.ended(RUN)] == [
        f"secret {NAMESPACE}/logins: its mark was taken away by someone else"
    ]


def test_without_what_was_kept_it_is_told_to_stand(served: Served) -> None:
    kept, harm = rotated(served)
    del kept.objects[COPY.path]
    _, back = harm.undo(RUN)
    with pytest.raises(NotUndone, match="what was kept of it is gone, and its mark is there"):
        perform(back)


def test_a_store_that_cannot_be_set_back_keeps_what_was_kept(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(args: Mapping[str, Any]) -> str:
        raise NotUndone("the store does not answer")

    monkeypatch.setattr(rotating_back, "take_back", refuses)
    kept, harm = rotated(served)
    _, back = harm.undo(RUN)
    with pytest.raises(NotUndone, match="the store does not answer"):
        perform(back)
    assert COPY.path in kept.objects
    assert kept.at(SECRET)["data"]["password"] == kept.at(COPY)["data"]["new"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"application": None}, "stores must say of one PostgreSQL"),
        ({"application": Login(user="app", secret=SECRET.name, key="another")}, "stores must say of one PostgreSQL"),
        ({"disposable": False}, "does not say disposable: true"),
    ],
)
def test_what_the_system_file_says_too_little_of_is_refused(served: Served, more: dict[str, Any], why: str) -> None:
    with pytest.raises(Misuse, match=why):
        rotating(served, Store(secured(), **more))
