"""Versions of Deployments and the undo of a release, against an API server that answers as a script says."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from squall.errors import Misuse, NotUndone
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.harms.release import RELEASE, call
from squall.platforms.kubernetes.objects.versions import current, version_of, versions
from squall.safety.undo_log import Undo, perform
from squall.system.system import System
from tests.platforms.api_server import answers
from tests.platforms.conftest import Served

Q = System.read(Path(__file__).parents[4] / "scenarios" / "quantum_rerank" / "system.yaml")
OUT = {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "observedGeneration": 7}


def deployment(generation: int = 7) -> dict[str, Any]:
    return {
        "metadata": {"name": "api", "uid": "d", "generation": generation},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "api"}}},
        "status": OUT,
    }


def replicaset(number: int, digest: str, owner: str = "d") -> dict[str, Any]:
    labels = {"app": "api", "pod-template-hash": digest}
    return {
        "metadata": {
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
            "ownerReferences": [{"uid": owner}],
        },
        "spec": {"template": {"metadata": {"labels": labels}, "spec": {"containers": [digest]}}},
    }


def sets(*found: dict[str, Any]) -> Any:
    return answers({"items": list(found)})


NOTE = f"{tempfile.gettempdir()}/squall-releaser-0a1b2c.json"


def undo(served: Served, digest: str = "old", number: int = 4) -> Undo:
    args = {"context": served.api.context, "kubeconfig": served.api.kubeconfig, "namespace": "shop",
            "deployment": "api", "hash": digest, "number": number, "releaser": NOTE}  # fmt: skip
    return Undo(RELEASE, "a release", args)


def test_the_current_version_is_the_one_with_the_highest_number(served: Served) -> None:
    served.script.then(answers(deployment()), sets(replicaset(2, "a"), replicaset(5, "b"), replicaset(9, "c", "other")))
    found = current(served.api, "shop", "api")
    assert (found.hash, found.number) == ("b", 5)
    served.script.then(sets(replicaset(2, "a"), replicaset(5, "b")))
    assert [version.hash for version in versions(served.api, "shop", deployment())] == ["b", "a"]


def test_what_has_no_version_is_named(served: Served) -> None:
    served.script.then(answers({"message": "no"}, 404))
    with pytest.raises(Misuse, match="no deployment/api with a version in the namespace shop"):
        current(served.api, "shop", "api")


def test_a_pods_version() -> None:
    assert version_of({"metadata": {"labels": {"pod-template-hash": "a"}}}) == "a"
    assert version_of({"metadata": {"labels": {"controller-revision-hash": "b"}}}) == "b"
    assert version_of({"metadata": {}}) == ""


def test_what_was_rolled_back_is_left_as_it_is(served: Served) -> None:
    served.script.then(answers(deployment()), sets(replicaset(6, "old"), replicaset(5, "new")), answers(deployment()))
    assert perform(undo(served)) == "version old of deployment/api was back already, and all of its pods are ready"
    assert all("patch" not in path for path, _ in served.script.asked)


def test_the_version_before_is_put_back_if_the_releases_stands(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    patched: list[object] = []
    monkeypatch.setattr(Api, "patch_tested", lambda self, path, operations: patched.append(operations))
    served.script.then(answers(deployment()), sets(replicaset(5, "new"), replicaset(4, "old")), answers(deployment()))
    assert perform(undo(served)) == "version old of deployment/api was put back, and all of its pods are ready"
    template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": ["old"]}}
    assert patched == [
        [
            {"op": "test", "path": "/metadata/generation", "value": 7},
            {"op": "replace", "path": "/spec/template", "value": template},
        ]
    ]


def noted(served: Served, folder: Path, **args: Any) -> Undo:
    """Return the undo of a release of whose process and version this machine still has the note."""
    note = folder / "squall-releaser-0a1b2c.json"
    note.write_text(json.dumps({"pid": 2**22 + 1, "started": "1", "version": "new"}))
    known = undo(served)
    return Undo(known.kind, known.about, {**known.args, "releaser": str(note), **args})


def test_a_release_in_the_place_of_the_one_that_was_seen_is_someone_elses(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H7: any one release after the version before was taken for the run's, by its number."""
    monkeypatch.setattr(Api, "patch_tested", lambda *_: pytest.fail("nothing may be written"))
    served.script.then(answers(deployment()), sets(replicaset(5, "theirs"), replicaset(4, "old")))
    assert perform(noted(served, tmp_path)).endswith("changed by someone else, left alone")


def test_the_release_that_was_seen_is_put_back(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "patch_tested", lambda *_: None)
    served.script.then(answers(deployment()), sets(replicaset(5, "new"), replicaset(4, "old")), answers(deployment()))
    assert "was put back" in perform(noted(served, tmp_path, uid="d"))


def test_a_deployment_that_was_made_anew_is_left_alone(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H7: in a namespace made anew with the same names an ordinary release was rolled back."""
    monkeypatch.setattr(Api, "patch_tested", lambda *_: pytest.fail("nothing may be written"))
    served.script.then(answers(deployment()), sets(replicaset(5, "new"), replicaset(4, "old")))
    assert perform(noted(served, tmp_path, uid="gone")) == "deployment/api was made anew since (uid d): left alone"


def test_a_third_version_is_someone_elses(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "patch_tested", lambda *_: pytest.fail("nothing may be written"))
    served.script.then(answers(deployment()), sets(replicaset(6, "theirs"), replicaset(5, "new"), replicaset(4, "old")))
    assert perform(undo(served)).endswith("changed by someone else, left alone")


def test_a_change_between_reading_and_writing_is_not_overwritten(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ApiFailed("PATCH", 422, "the test failed")

    monkeypatch.setattr(Api, "patch_tested", refuse)
    served.script.then(answers(deployment()), sets(replicaset(5, "new"), replicaset(4, "old")))
    with pytest.raises(NotUndone, match="changed meanwhile"):
        perform(undo(served))


def test_a_version_that_the_cluster_forgot_is_not_undone(served: Served) -> None:
    served.script.then(answers(deployment()), sets(replicaset(5, "new")))
    with pytest.raises(NotUndone, match="its version old is gone"):
        perform(undo(served))


def test_what_was_never_there_needs_no_undo(served: Served) -> None:
    served.script.then(answers({"message": "no"}, 404))
    assert perform(undo(served)) == "deployment/api was not there: nothing was released"


def test_the_releaser_is_told_all_that_it_asks_for() -> None:
    assert Q.platforms.kind is not None
    found = call(Q, Q.platforms.kind, Kubectl("kind-x"), "rerank-api", "is good")
    assert found.deployment == "rerank-api"
    assert found.command[1:2] == ("release.py",)
    assert found.command[3:] == (
        "kind-x",
        "quantum-rerank",
        "deployment/rerank-api",
        str(Q.folder / "releases/is-good"),
    )


@pytest.mark.parametrize(
    ("service", "release", "says"),
    [
        ("rerank-api", "is bad", r'no release of rerank-api that "is bad" \(known: "answers errors"'),
        ("postgres", "is good", r"no release of postgres .*\(known: none\)"),
    ],
)
def test_what_cannot_be_released_is_misuse(service: str, release: str, says: str) -> None:
    assert Q.platforms.kind is not None
    with pytest.raises(Misuse, match=says):
        call(Q, Q.platforms.kind, Kubectl("kind-x"), service, release)


def test_a_releaser_whose_script_is_not_there_is_misuse() -> None:
    assert Q.platforms.kind is not None
    gone = Q.platforms.kind.model_copy(update={"releaser": "${python} deploy.py ${folder}"})
    with pytest.raises(Misuse, match=r"there is no script .*/deploy.py \(the releaser in system.yaml\)"):
        call(Q, gone, Kubectl("kind-x"), "rerank-api", "is good")
