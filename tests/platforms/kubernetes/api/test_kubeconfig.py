"""The copy of a kubeconfig that a run keeps to: what it means stays, whatever becomes of the file."""

import gc
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from squall.errors import Misuse
from squall.platforms.kubectl import Kubectl, program_path
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.kubeconfig import FrozenKubeconfig
from tests.platforms.api_server import kubeconfig


def test_what_is_written_to_the_file_later_leads_nobody_elsewhere(tmp_path: Path) -> None:
    """M9: kubectl read the file anew at each call: apply and exec may have gone to another cluster than was proven."""
    file = kubeconfig(tmp_path / "config", "https://127.0.0.1:6443")
    api = Api(None, str(file))
    kubeconfig(file, "https://prod.example.org")
    read = yaml.safe_load(Path(Kubectl(api.context, api.frozen.path).environment()["KUBECONFIG"]).read_text())
    assert read["clusters"][0]["cluster"]["server"] == api.server == "https://127.0.0.1:6443"
    # An undo of another process finds the user's own.
    assert api.kubeconfig == str(file)
    api.close()


def test_only_this_user_reads_it_and_it_is_gone_at_the_end(tmp_path: Path) -> None:
    api = Api(None, str(kubeconfig(tmp_path / "config", "https://127.0.0.1:1")))
    copy = Path(api.frozen.path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    api.close()
    assert not copy.parent.exists()


def test_it_is_gone_though_nobody_closes_it(tmp_path: Path) -> None:
    frozen = FrozenKubeconfig(str(kubeconfig(tmp_path / "config", "https://127.0.0.1:1")))
    folder = Path(frozen.path).parent
    assert folder.exists()
    del frozen
    gc.collect()
    assert not folder.exists()


def copied(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    said = {"clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user}]}
    (folder / "config").write_text(yaml.safe_dump(said))
    frozen = FrozenKubeconfig(str(folder / "config"))
    found = yaml.safe_load(Path(frozen.path).read_text())
    frozen.close()
    return found["clusters"][0]["cluster"], found["users"][0]["user"]


def test_files_that_it_names_are_found_from_where_it_is(tmp_path: Path) -> None:
    cluster, user = copied(
        tmp_path,
        {"server": "https://a.example.org", "certificate-authority": "ca.crt", "proxy-url": "http://p:1"},
        {"client-certificate": "/etc/me.crt", "client-key": "keys/me.key", "exec": {"command": "./login"}},
    )
    assert cluster["certificate-authority"] == f"{tmp_path}/ca.crt"
    assert (user["client-certificate"], user["client-key"]) == ("/etc/me.crt", f"{tmp_path}/keys/me.key")
    assert user["exec"]["command"] == f"{tmp_path}/login"
    assert cluster["proxy-url"] == "http://p:1"
    assert copied(tmp_path, {}, {"exec": {"command": "aws"}})[1]["exec"]["command"] == "aws"


def test_what_is_on_this_machine_is_asked_without_a_proxy_by_both(tmp_path: Path) -> None:
    cluster, _ = copied(tmp_path, {"server": "https://127.0.0.1:6443", "proxy-url": "socks5://far:1"}, {})
    assert "proxy-url" not in cluster


def test_several_files_stay_several(tmp_path: Path) -> None:
    first = kubeconfig(tmp_path / "a", "https://127.0.0.1:1", "one")
    second = kubeconfig(tmp_path / "b", "https://127.0.0.1:2", "two")
    api = Api("two", f"{first}:{tmp_path / 'none'}:{second}")
    assert api.context == "two"
    api.close()


@pytest.mark.parametrize("text", ["", "{", "7", "clusters: 7", "clusters: [7]", "users: [{user: 7}]"])
def test_what_is_no_kubeconfig_is_told_with_the_name_of_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(Misuse, match=f"reading {file}: "):
        Api(None, str(file))


def test_kubectl_is_the_one_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster of another version was asked with the kubectl that this repository had once fetched."""
    for folder in ("cache/bin", "mine"):
        program = tmp_path / folder / "kubectl"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("SQUALL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "mine"))
    assert program_path("kubectl") == str(tmp_path / "mine" / "kubectl")
    monkeypatch.setenv("PATH", "")
    assert program_path("kubectl") == str(tmp_path / "cache" / "bin" / "kubectl")
