"""No undo does anything in another cluster than that of its run, though that has the name of the old one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import squall.platforms
import squall.platforms.undos
from squall.errors import NotUndone
from squall.platforms.kubernetes.api.cluster_undo import cluster_undo
from squall.safety.undo_log import Undo, perform, registered
from tests.platforms.api_server import answers
from tests.platforms.conftest import Served
from tests.platforms.undo_entries import GOOD

FOLDER = Path(squall.platforms.__file__).parent
IN_CLUSTER = ("kubernetes.", "kind.")
KINDS = sorted(kind for kind in registered() if kind.startswith(IN_CLUSTER))
# Who registers by ``undoes`` itself, and checks for all that register through it.
WRAPPERS = {"kubernetes/api/cluster_undo.py", "kind/node_undo.py"}


def calls(name: str) -> Iterator[str]:
    """Return each file of the two folders that calls or decorates by a function of this name."""
    for folder in ("kubernetes", "kind"):
        for path in (FOLDER / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                    yield str(path.relative_to(FOLDER))


@pytest.fixture
def made_anew(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Another cluster under the old name: other objects, other containers; whatever it is asked for, it has."""
    served.script.cluster = "made anew"
    served.script.then(*[answers({"metadata": {"name": "n", "uid": "u"}, "items": []})] * 50)

    def docker(_: str, words: tuple[str, ...]) -> bytes:
        assert words[0] == "inspect", f"{words} in a node of another cluster"
        return b"another-container"

    monkeypatch.setattr("squall.platforms.kind.machine._provider", docker)
    return served


def test_there_are_undos_to_try() -> None:
    assert {"kubernetes.harm", "kubernetes.outage", "kubernetes.release", "kind.machine", "kind.api_server"} <= {*KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_refuses_a_cluster_that_was_made_anew(made_anew: Served, kind: str) -> None:
    args = {**GOOD[kind], "context": made_anew.api.context, "kubeconfig": made_anew.api.kubeconfig,
            "cluster": "this-cluster", "node": "squall-worker", "container": "a-container"}  # fmt: skip
    with pytest.raises(NotUndone, match=r"another cluster now \(.*it was (this-cluster|a-container)\): nothing is und"):
        perform(Undo(kind, "a harm", args))
    assert (made_anew.script.asked, made_anew.script.sent) == ([], [])


def test_no_undo_is_registered_past_the_check_and_no_entry_written_without_what_it_compares() -> None:
    assert {*calls("undoes")} == WRAPPERS
    assert {*calls("Undo")} == WRAPPERS
    with pytest.raises(ValueError, match="other does not make sure"):
        cluster_undo(made_anew, "kubernetes.other", "", run="r")  # type: ignore[arg-type]


def test_a_cluster_that_does_not_say_which_one_it_is_is_left_alone(served: Served) -> None:
    undo = cluster_undo(served.api, "kubernetes.lease", "the lease", namespace="n", run="r")
    served.script.cluster_status = 403
    with pytest.raises(NotUndone, match="may not read its namespace kube-system"):
        perform(undo)
    assert served.script.asked == []


def test_an_entry_of_an_account_that_could_not_read_it_is_undone_all_the_same(served: Served) -> None:
    served.script.cluster_status = 403
    undo = cluster_undo(served.api, "kubernetes.lease", "the lease", namespace="n", run="r")
    assert undo.args["cluster"] == ""
    served.script.then(answers({"message": "not found"}, 404))
    assert perform(undo) == "held by nobody: left alone"
