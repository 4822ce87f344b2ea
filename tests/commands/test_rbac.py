"""``squall rbac``: roles as an administrator would apply them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from squall.errors import Misuse
from squall.platforms.kubectl import found
from tests.commands.projects import ROOT, squall

pytestmark = pytest.mark.slow
CRASH = "features/quantum_rerank/crash.feature"


def printed(*words: str) -> list[Any]:
    done = squall(ROOT, "rbac", *words)
    assert (done.code, done.errors) == (0, ""), done
    return list(yaml.safe_load_all(done.out))


def granted(documents: list[Any], namespace: str | None) -> set[tuple[str, str]]:
    return {
        (verb, resource)
        for each in documents
        if each["kind"] in {"Role", "ClusterRole"} and each["metadata"].get("namespace") == namespace
        for rule in each["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.fixture(autouse=True)
def _needs_kubectl() -> None:
    try:
        found()
    except Misuse as error:
        pytest.skip(str(error))


def test_the_roles_can_be_taken_back_without_the_namespace() -> None:
    documents = printed("--fault", "Cordon", "--system", "quantum-rerank")
    labels = {each["kind"]: (each["metadata"].get("labels") or {}).get("squall.dev/granted") for each in documents}
    assert labels.pop("Namespace") is None
    assert len(labels) >= 5
    assert set(labels.values()) == {"yes"}


def test_each_fault_has_what_it_needs_and_no_more() -> None:
    crash, deletion = (printed("--fault", name, "--system", "quantum-rerank") for name in ("Crash", "Deletion"))
    assert ("create", "pods/exec") in granted(crash, "squall")
    assert ("create", "pods/exec") not in granted(deletion, "squall")
    assert ("get", "pods") in granted(deletion, "quantum-rerank")
    for documents in (crash, deletion):
        assert granted(documents, None) == {("list", "nodes"), ("get", "namespaces")}
        everything = granted(documents, "quantum-rerank") | granted(documents, "squall")
        assert not {verb for verb, _ in everything} & {"*", "deletecollection", "impersonate", "escalate", "bind"}
        assert ("list", "secrets") not in everything
    assert [each["metadata"]["name"] for each in crash[:2]] == ["squall", "squall"]


def test_a_feature_s_roles_are_those_of_its_faults() -> None:
    by_feature, by_name = (
        printed(CRASH, "--account", "drill"),
        printed("--fault", "Crash", "--system", "quantum-rerank"),
    )
    assert granted(by_feature, "squall") == granted(by_name, "squall")
    subjects = {each["subjects"][0]["name"] for each in by_feature if "subjects" in each}
    assert subjects == {"drill"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--fault", "Nope", "--system", "quantum-rerank"], "there is no fault 'Nope' (known: "),
        (["--fault", "Crash"], "--fault goes with --system"),
        (["--fault", "Crash", "--system", "nope"], 'there is no system "nope"'),
        (["--fault", "Crash", "--system", "quantum-rerank", CRASH], "--fault goes with --system"),
        (["--platform", "local"], "'local' is not"),
        (["features/nope.feature"], "there is no 'features/nope.feature'"),
    ],
)
def test_what_has_no_roles_is_misuse(words: list[str], says: str) -> None:
    done = squall(ROOT, "rbac", *words)
    assert done.code == 4
    assert says in done.errors
    assert "Traceback" not in done.errors


def test_a_system_without_a_cluster_is_misuse(shop: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(shop, tmp_path / "shop"))
    done = squall(mine, "rbac", "--fault", "Crash", "--system", "shop")
    assert (done.code, done.errors) == (4, "squall: printing roles: shop does not say where it runs on kind\n")
