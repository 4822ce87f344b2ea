"""Whether a system file says what is so, on disk and in a cluster that a small API server plays."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from squall.errors import Misuse
from squall.platforms.kubernetes import comparison
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.comparison import lacks
from squall.system.system import System
from squall.system.yaml_lines import line_of
from tests.commands.projects import ROOT, invoked, squall

Q = ROOT / "scenarios" / "quantum_rerank" / "system.yaml"
TINY = ROOT / "tests" / "platforms" / "tiny"
ECHO = ROOT / "tests" / "platforms" / "echo_system" / "system.yaml"
DEPLOYMENT = {"metadata": {"name": "rerank-api"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "r"}}}}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


class FakeApi:
    """Objects by path; lists by the path of their collection."""

    there: dict[str, Object]

    def __init__(self, context: str | None) -> None:
        self.context = str(context)

    def find(self, path: str) -> Object | None:
        return self.there.get(path)

    def items(self, path: str) -> tuple[Object, ...]:
        return tuple(self.there[path]["items"])

    def close(self) -> None:
        """Hold nothing."""


def pod(name: str, **labels: str) -> Object:
    owner = {"kind": "ReplicaSet", "name": "rerank-api-1a2b", "controller": True}
    own = {**labels, "pod-template-hash": "1a2b"}
    return {"metadata": {"name": name, "labels": own, "ownerReferences": [owner]}, "status": READY}


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> dict[str, Object]:
    base = "/api/v1/namespaces/quantum-rerank"
    FakeApi.there = {
        base: {},
        f"{base}/pods": {"items": [pod("r-1", app="r"), pod("r-2", app="r"), pod("s", app="s")]},
        f"{base}/services/rerank-api": {"spec": {"selector": {"app": "r"}}},
        "/apis/apps/v1/namespaces/quantum-rerank/deployments/rerank-api": DEPLOYMENT,
    }
    monkeypatch.setattr(comparison, "Api", FakeApi)
    monkeypatch.setattr(comparison, "status", lambda url, within: "200")
    return FakeApi.there


def found() -> list[str]:
    system = System.read(Q)
    assert system.platforms.kind is not None
    only = {"rerank-api": system.platforms.kind.services["rerank-api"]}
    section = system.platforms.kind.model_copy(update={"services": only})
    mine = system.model_copy(update={"services": {"rerank-api": system.services["rerank-api"]}})
    return [text for _, text in lacks(mine, section, "kind-squall")]


def test_nothing_is_missing(there: dict[str, Object]) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        ("/api/v1/namespaces/quantum-rerank", "there is no namespace quantum-rerank in kind-squall"),
        ("/apis/apps/v1/namespaces/quantum-rerank/deployments/rerank-api", "there is no deployment/rerank-api"),
        ("/api/v1/namespaces/quantum-rerank/services/rerank-api", "there is no Service rerank-api"),
    ],
)
def test_what_is_gone_is_named(there: dict[str, Object], gone: str, says: str) -> None:
    del there[gone]
    assert [text.partition(" in the namespace")[0].partition(":")[0] for text in found()] == [says]


def test_what_is_there_but_not_right_is_named(there: dict[str, Object], monkeypatch: pytest.MonkeyPatch) -> None:
    base = "/api/v1/namespaces/quantum-rerank"
    there[f"{base}/services/rerank-api"] = {"spec": {"selector": {"app": "other"}}}
    there[f"{base}/pods"] = {"items": [pod("r-1", app="r")]}
    monkeypatch.setattr(comparison, "status", lambda url, within: "503")
    unready, selects, url = found()
    assert unready == "1 of 2 instances are ready"
    assert selects == "the Service rerank-api selects none of the pods of deployment/rerank-api"
    assert url.endswith("/v1/similarity?a=1&b=2 answers 503")


def test_each_problem_has_its_line(tmp_path: Path) -> None:
    text = Q.read_text().replace("manifests\n", "manifestos\n").replace("load/quantum_rerank.py", "load/none.py")
    (tmp_path / "system.yaml").write_text(text.replace("local/envoy.yaml", "local/none.yaml").replace("../..", "."))
    result = invoked("check", str(tmp_path), "--platform", "local", "--json")
    assert result.exit_code == 1
    problems = {one["key"]: one["line"] for one in json.loads(result.output)}
    lines = text.splitlines()
    assert "none.py" in lines[problems["load.locustfile"] - 1]
    assert "manifestos" in lines[problems["platforms.kind.kustomize"] - 1]
    assert "envoy.yaml" in lines[problems["platforms.local.fronts.ingress.envoy"] - 1]
    assert "release.py" in lines[problems["platforms.kind.releaser"] - 1]


@pytest.mark.slow
def test_what_a_system_that_was_started_for_it_does_not_show(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (tmp_path / "none.py").touch()
    for name in ("api.py", "envoy.yaml", "documents.sql"):
        (folder / name).write_text((TINY / name).read_text())
    text = (TINY / "system.yaml").read_text().replace("limit: 200ms", "limit: 1ms")
    path = folder / "system.yaml"
    path.write_text(text.replace("load:", "steady: {window: 1s}\nload:"))
    result = invoked("check", str(path), "--json")
    assert result.exit_code == 1, result.output
    lines = path.read_text().splitlines()
    problems = {one["key"]: (lines[one["line"] - 1].strip(), one["text"]) for one in json.loads(result.output)}
    assert problems.keys() == {"steady.window", "services.api.gauges.not exported", "objectives.latency"}
    assert problems["steady.window"][1].startswith("p95 needs 200 requests of users")
    line, why = problems["services.api.gauges.not exported"]
    assert (line.partition(":")[0], why) == ("not exported", "api-0: there is no tiny_letters")
    assert problems["objectives.latency"][1].endswith("the limit is 1ms")


def test_lines_of_keys() -> None:
    lines = Q.read_text().splitlines()
    assert "percentile" in lines[line_of(Q, "objectives", "latency", "limit") - 1]
    assert line_of(Q, "platforms", "kind", "nope", "never") == line_of(Q, "platforms", "kind")
    assert line_of(Q, "nope") == line_of(Q)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nope"], "no such system and no such file (known: "),
        (["/nope/system.yaml"], "no such system"),
        ([str(ECHO), "--platform", "local"], "does not say how it runs on 'local' (it does: kind)"),
        ([str(ECHO), "--platform", "moon"], "does not say how it runs on 'moon'"),
        ([str(ECHO), "--context", "nope"], 'there is no context "nope"'),
    ],
)
def test_what_cannot_be_checked_is_misuse(words: list[str], says: str) -> None:
    done = squall(ROOT, "check", *words)
    assert (done.code, done.out) == (4, ""), done
    assert says in done.errors or "kube" in done.errors


def test_a_file_that_is_wrong_is_misuse_by_line(tmp_path: Path) -> None:
    path = tmp_path / "system.yaml"
    path.write_text(Q.read_text().replace("rate: 50/s", "rate: fast"))
    done = squall(ROOT, "check", str(path))
    assert done.code == 4
    assert [line.startswith(f"squall: {path}:") for line in done.complaints()] == [True, True]


def test_nothing_to_check_is_misuse(tmp_path: Path) -> None:
    done = squall(tmp_path, "check")
    assert done.code == 4
    assert "squall init" in done.errors


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300))
def test_any_name_is_misuse(name: str) -> None:
    result = invoked("check", "--", f"/nowhere/{name}")
    assert isinstance(result.exception, Misuse | SystemExit), result.exception
