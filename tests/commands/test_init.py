"""What init makes, and that it is what the other commands take."""

import re
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from squall.commands.init import _from_where, templates
from squall.commands.inspection import files as missing_files
from squall.errors import Misuse
from squall.gate.policy import read_policy
from squall.system.system import System
from tests.commands.projects import ROOT, invoked, squall


def made(folder: Path, *words: str) -> Path:
    result = invoked("init", str(folder), *words)
    assert result.exit_code == 0, result.output
    return folder


def test_all_that_is_asked_for_is_there(tmp_path: Path) -> None:
    shop = made(tmp_path / "shop")
    there = {str(path.relative_to(shop)) for path in shop.rglob("*") if path.is_file()}
    assert there == {
        ".github/workflows/squall.yml", ".gitignore", "conftest.py", "features/shop/crash.feature", "load/shop.py",
        "pytest.ini", "scenarios/shop/envoy.yaml", "scenarios/shop/server.py", "scenarios/shop/system.yaml",
        "squall.toml", "steps/__init__.py", "steps/days.py",
    }  # fmt: skip


def test_the_system_is_named_everywhere(tmp_path: Path) -> None:
    shop = made(tmp_path / "x", "--name", "web-shop")
    for path in shop.rglob("*"):
        assert "example" not in path.name
        assert not path.is_file() or "example" not in path.read_text()
    system = System.read(shop / "scenarios" / "web-shop" / "system.yaml")
    assert (system.name, str(system.load.locustfile)) == ("web-shop", "load/web_shop.py")
    assert list(missing_files(shop / "scenarios" / "web-shop" / "system.yaml", system)) == []
    yaml.safe_load((shop / ".github" / "workflows" / "squall.yml").read_text())


@pytest.mark.parametrize(("folder", "name"), [("My Shop", "my-shop"), ("2026", "example"), ("a_b.c", "a-b-c")])
def test_a_folders_name_becomes_the_systems(tmp_path: Path, folder: str, name: str) -> None:
    assert (made(tmp_path / folder) / "scenarios" / name / "system.yaml").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("mine")
    (tmp_path / "pytest.ini").symlink_to("nowhere")
    done = squall(tmp_path, "init", "--name", "shop")
    assert (done.code, done.out) == (4, "")
    assert [line.split(": ")[1] for line in done.complaints()] == ["conftest.py", "pytest.ini"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]
    assert (tmp_path / "conftest.py").read_text() == "mine"


@pytest.mark.parametrize("words", [["file"], ["file/below"], ["ok", "--name", "../up"], ["ok", "--name", "Shop"]])
def test_what_cannot_be_made_is_misuse(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("")
    result = invoked("init", str(tmp_path / words[0]), *(words[1:] or ["--name", "shop"]))
    assert isinstance(result.exception, Misuse | SystemExit), result.exception
    assert not (tmp_path / "ok").exists()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_name_is_taken_or_misuse(tmp_path: Path, name: str) -> None:
    result = invoked("init", str(tmp_path / "file" / "x"), f"--name={name}")
    assert isinstance(result.exception, Misuse | SystemExit | None), result.exception


def test_the_templates_are_in_the_package() -> None:
    assert files("squall").joinpath("templates").is_dir()
    assert len(list(templates())) == 13


def on_kind(folder: Path, *words: str) -> Path:
    return made(folder, "--platform", "kind", *words)


def test_on_kind_there_are_manifests_and_nothing_of_local(tmp_path: Path) -> None:
    shop = on_kind(tmp_path / "shop")
    there = {str(path.relative_to(shop)) for path in shop.rglob("*") if path.is_file()}
    manifests = {"api.yaml", "kustomization.yaml", "namespace.yaml", "server.py"}
    assert there == {f"scenarios/shop/manifests/{name}" for name in manifests} | {
        ".github/workflows/squall.yml", ".gitignore", "conftest.py", "features/shop/crash.feature", "kind.yaml",
        "load/shop.py", "pytest.ini", "scenarios/shop/system.yaml", "squall.toml",
        "scenarios/shop/weaknesses/one-instance/kustomization.yaml", "steps/__init__.py", "steps/days.py",
    }  # fmt: skip
    system = System.read(shop / "scenarios/shop/system.yaml")
    assert (system.platforms.local, list(missing_files(shop / "scenarios/shop/system.yaml", system))) == (None, [])
    assert "squall_platform = kind\n" in (shop / "pytest.ini").read_text()


def test_on_kind_each_place_says_the_same_of_port_image_and_names(tmp_path: Path) -> None:
    shop = on_kind(tmp_path / "x", "--name", "web-shop", "--port", "30084")
    at = shop / "scenarios/web-shop"
    section = System.read(at / "system.yaml").platforms.kind
    assert section is not None
    objects = [
        each for path in sorted((at / "manifests").glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())
    ]
    found = {each["kind"]: each for each in objects}
    (mapping,) = yaml.safe_load((shop / "kind.yaml").read_text())["nodes"][0]["extraPortMappings"]
    (port,) = found["Service"]["spec"]["ports"]
    assert {mapping["hostPort"], mapping["containerPort"], port["nodePort"], urlsplit(section.url).port} == {30084}
    (container,) = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert (container["image"], found["Namespace"]["metadata"]["name"]) == (section.agent, section.namespace)
    workload, service = section.services["api"].workload, section.services["api"].service
    assert (f"deployment/{found['Deployment']['metadata']['name']}", found["Service"]["metadata"]["name"]) == (
        workload, service
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ci", "there"),
    [("github", [".github/workflows/squall.yml"]), ("gitlab", [".gitlab-ci.yml"]), ("none", [])],
)
def test_the_gate_is_made_for_one_ci(tmp_path: Path, ci: str, there: list[str]) -> None:
    shop = made(tmp_path / "shop", "--ci", ci)
    possible = (".github/workflows/squall.yml", ".gitlab-ci.yml")
    assert [place for place in possible if (shop / place).exists()] == there


def test_the_policy_it_makes_is_one(tmp_path: Path) -> None:
    shop = made(tmp_path / "shop")
    policy, where = read_policy(shop)
    assert (policy.must_hold, policy.expected_to_break, where) == ("all", ("twin",), "squall.toml")
    # What stands there as a comment is one, too.
    text = (shop / "squall.toml").read_text()
    (shop / "squall.toml").write_text(re.sub(r"^# (?=[a-z\[].*[\]=])", "", text, flags=re.MULTILINE))
    policy, _ = read_policy(shop)
    assert (len(policy.quarantine), set(policy.repeats), policy.baseline) == (
        1, {"E1"}, Path(".squall-history/baseline.json")
    )  # fmt: skip


@pytest.mark.parametrize(("platform", "module"), [("local", "supervisor"), ("kind", "kubernetes")])
def test_what_is_here_need_not_be_installed_and_what_is_not_comes_from_where_squall_came(
    tmp_path: Path, platform: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = invoked("init", str(tmp_path / "a"), "--platform", platform).output
    monkeypatch.setattr("squall.commands.init.find_spec", lambda name: None if name == module else object())
    missing = invoked("init", str(tmp_path / "b"), "--platform", platform).output
    extra = "kubernetes" if platform == "kind" else "local"
    assert "pip install" not in there
    assert f"  pip install '{ROOT}[{extra}]'\n" in missing


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ('{"url": "file:///src/squall", "dir_info": {}}', "/src/squall[local]"),
        (
            '{"url": "https://x.org/squall", "vcs_info": {"vcs": "git", "commit_id": "3f7"}}',
            "squall[local] @ git+https://x.org/squall@3f7",
        ),
        ('{"url": "file:///dist/squall.whl", "archive_info": {}}', "squall[local] @ file:///dist/squall.whl"),
        (None, "squall[local]"),
    ],
)
def test_where_squall_came_from_is_read_from_its_own_metadata(
    told: str | None, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return told if name == "direct_url.json" else None

    monkeypatch.setattr("squall.commands.init.distribution", lambda name: Installed())
    assert _from_where("local") == word


@pytest.mark.slow
def test_what_init_makes_is_read_by_the_others(tmp_path: Path) -> None:
    shop = made(tmp_path / "shop")
    # check asks the real server: what a busy machine makes of it is not what is tried here.
    system = shop / "scenarios/shop/system.yaml"
    system.write_text(system.read_text().replace("limit: 200ms", "limit: 20s").replace("timeout: 1s", "timeout: 30s"))
    for words in (["check"], ["plan"], ["list"]):
        done = squall(shop, *words)
        assert (done.code, done.errors) == (0, ""), done
    assert "all is as it says" in squall(shop, "check", "shop").out
