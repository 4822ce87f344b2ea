import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from squall.agent.expiry.marks import as_the_server
from squall.errors import Misuse
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.paths import proxied
from tests.platforms.api_server import answers, hang, kubeconfig, streams
from tests.platforms.conftest import Served


def test_it_reads_json_and_sends_the_token(served: Served) -> None:
    served.script.then(answers({"items": [{"a": 1}]}))
    assert served.api.items("/api/v1/nodes", {"limit": "1"}) == ({"a": 1},)
    assert served.script.asked == [("/api/v1/nodes", {"limit": ["1"]})]


def test_a_refusal_names_the_cause(served: Served) -> None:
    served.script.then(answers({"message": "no such pod"}, 404), answers({"message": "no such pod"}, 404))
    with pytest.raises(ApiFailed, match=r"GET /x: no such pod \(404\)"):
        served.api.get("/x")
    assert served.api.find("/x") is None


def test_a_page_is_read_as_text_through_the_pods_proxy(served: Served) -> None:
    served.script.then(streams(b"up 1\n", b"down 0\n"))
    path = proxied("shop", "api-1", 9902, "/stats/prometheus?usedonly")
    assert served.api.page(path, 5.0) == "up 1\ndown 0\n"
    assert [asked for asked, _ in served.script.asked] == [path.partition("?")[0]]
    assert path == "/api/v1/namespaces/shop/pods/api-1:9902/proxy/stats/prometheus?usedonly"
    assert proxied("shop", "api-1", None, "/metrics") == "/api/v1/namespaces/shop/pods/api-1/proxy/metrics"


def test_a_page_that_does_not_come_in_time_is_given_up(served: Served) -> None:
    served.script.then(hang, answers({"message": "no such pod"}, 404))
    with pytest.raises(ApiFailed, match=r"timed out|Read timed"):
        served.api.page("/x", 0.1)
    with pytest.raises(ApiFailed, match="no such pod"):
        served.api.page("/x", 5.0)


@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False), (409, False)])
def test_what_is_gone_or_another_is_not_removed(served: Served, status: int, there: bool) -> None:
    served.script.then(answers({}, status))
    assert served.api.remove("/x", "uid") is there


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    api = Api(None, str(kubeconfig(tmp_path / "c", "http://127.0.0.1:1")))
    with pytest.raises(ApiFailed, match="Connection refused"):
        api.get("/version")


def test_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="Make a cluster, or set KUBECONFIG"):
        Api(None, str(tmp_path / "none"))


def test_an_unknown_context_lists_the_known(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path / "c", "http://127.0.0.1:1")
    with pytest.raises(Misuse, match=r'no context "prod" in .* \(known: kind-fake\)'):
        Api("prod", str(config))


def rewritten(config: Path, **more: Any) -> str:
    written = yaml.safe_load(config.read_text())
    written.update(more)
    config.write_text(yaml.safe_dump({key: value for key, value in written.items() if value is not None}))
    return str(config)


def test_a_file_without_a_current_context_needs_one_that_is_named(tmp_path: Path) -> None:
    config = rewritten(kubeconfig(tmp_path / "c", "http://127.0.0.1:1"), **{"current-context": None})
    assert Api("kind-fake", config).context == "kind-fake"
    with pytest.raises(Misuse, match=r"names no current context; say --context NAME \(known: kind-fake\)"):
        Api(None, config)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 'token expired, run: aws sso login' >&2; exit 255", "token expired, run: aws sso login"),
        ("echo nonsense", "failed to decode process output"),
    ],
)
def test_a_login_that_fails_says_so_itself(tmp_path: Path, script: str, says: str) -> None:
    login = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
             "interactiveMode": "Never"}  # fmt: skip
    config = rewritten(kubeconfig(tmp_path / "c", "http://127.0.0.1:1"), users=[{"name": "u", "user": {"exec": login}}])
    with pytest.raises(Misuse, match=f"logging in to the context kind-fake of .*{says}"):
        Api(None, config)


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes.config.kube_config", None)
    with pytest.raises(Misuse, match=r"squall\[kubernetes\]"):
        Api(None, str(tmp_path / "c"))


def test_a_json_patch_is_written_as_the_server_writes_texts() -> None:
    assert as_the_server(["é <b> & \u2028 😀 \t", 1]) == '["é \\u003cb\\u003e \\u0026 \\u2028 😀 \\t",1]'.encode()
