"""What each kind of undo may be told: nothing that leads to what is not this user's, whoever wrote the entry."""

import json
import os
import socket
from pathlib import Path

import pytest

import squall.platforms.undos
import squall.testing.platform
from squall.errors import NotUndone
from squall.safety.arguments import Arguments, problem
from squall.safety.undo_log import Undo, UndoLog, perform, registered
from tests.platforms.undo_entries import ENDPOINT, FORWARDED, GOOD, SPACE, TMP, Args

IN_CLUSTER = [kind for kind in GOOD if kind.startswith(("kubernetes.", "kind."))]
ON_THIS_MACHINE = ["local.processes", "local.agent", "local.release", "local.deletion", "compose.project"]


def said(kind: str, foreign: bool = False, /, **changes: object) -> str:
    return problem(registered()[kind], {**GOOD[kind], **changes}, foreign)


def test_every_kind_has_a_form_of_its_own() -> None:
    forms = registered()
    ours = {kind for kind, form in forms.items() if form.__module__.startswith("squall.")}
    assert {kind for kind in GOOD if forms[kind] is Arguments} == set()
    assert {kind for kind in ours if forms[kind] is not Arguments} == set(GOOD)


@pytest.mark.parametrize("kind", GOOD)
def test_what_squall_writes_is_taken(kind: str) -> None:
    assert said(kind) == ""


@pytest.mark.parametrize("kind", [kind for kind in GOOD if GOOD[kind]])
def test_what_lacks_or_is_of_another_type_is_refused(kind: str) -> None:
    for name in GOOD[kind]:
        # A node has no namespace, and entries of before lack the container.
        optional = {"kubeconfig", "cluster", "image", "container", "variable"}
        if name not in optional and (kind, name) != ("kubernetes.harm", "namespace"):
            assert problem(registered()[kind], {key: value for key, value in GOOD[kind].items() if key != name}, False)
        if name != "before":
            assert said(kind, **{name: {"a": object()}}), name


OUT_OF_PLACE = ["", "..", "a/b", "../../kube-system", "a?b", "a b", "a\n", "-rf", "a" * 300, 1, None, ["a"]]
NAMES = ("namespace", "name", "node", "deployment", "secret", "project", "harm", "service")


@pytest.mark.parametrize("value", OUT_OF_PLACE, ids=repr)
@pytest.mark.parametrize("kind", GOOD)
def test_no_name_leads_out_of_its_place(kind: str, value: object) -> None:
    """A name is put into a path of the API, or is an argument of kubectl or Docker."""
    for name in set(NAMES) & GOOD[kind].keys():
        # A node has no namespace.
        if (kind, name, value) != ("kubernetes.harm", "namespace", ""):
            assert said(kind, **{name: value}), name


@pytest.mark.parametrize("value", OUT_OF_PLACE, ids=repr)
def test_no_name_in_a_list_or_of_a_store_does(value: object) -> None:
    assert said("kubernetes.outage", tiers=[[["deployment", value]]])
    assert said("local.deletion", names=[value])
    for name in ("namespace", "service") if value != "a" * 300 else ():
        assert said("store", endpoint={**ENDPOINT, "place": {**FORWARDED, name: value}})


@pytest.mark.parametrize("kind", ["store", "kubernetes.rotation"])
def test_what_an_older_squall_wrote_of_a_store_is_held_to_the_same(kind: str) -> None:
    """It named the store ``door``."""
    args = {name: value for name, value in GOOD[kind].items() if name != "endpoint"}
    assert problem(registered()[kind], {**args, "door": ENDPOINT}, False) == ""
    assert problem(registered()[kind], {**args, "door": {**ENDPOINT, "kind": "oracle"}}, False)


@pytest.mark.parametrize("key", ["", "a/b", "../x", "a~1b", "a b", 1, None])
def test_a_key_of_a_secret_is_one(key: object) -> None:
    """It is put into a JSON pointer."""
    assert said("kubernetes.rotation", key=key)


@pytest.mark.parametrize("kind", ["secretprovider", "clusterrole", "lease", "", None, "../x"])
def test_only_kinds_of_objects_that_bear_marks_are_unmarked(kind: object) -> None:
    assert said("kubernetes.harm", kind=kind)
    assert said("kubernetes.outage", tiers=[[[kind, "api"]]])


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "http://a/b", "/api/v1/namespaces/a/../../nodes", "/api/v1/nodes?x", ""]
)
def test_an_expiry_asks_for_objects_alone(path: str) -> None:
    assert said("kubernetes.expiry", marked=[path])


@pytest.fixture
def received(tmp_path: Path) -> Path:
    """A run folder that somebody else has filled."""
    (tmp_path / "runs" / "received").mkdir(parents=True)
    (tmp_path / "runs" / "received" / "undo.jsonl").write_text("")
    return tmp_path / "runs" / "received"


@pytest.mark.parametrize("kind", [*IN_CLUSTER, "store"])
def test_a_kubeconfig_is_the_users_own(
    kind: str, received: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can name a program, which is run to log in; and it decides who hears a password."""

    def with_it(path: Path, foreign: bool = False) -> str:
        place = {"endpoint": {**ENDPOINT, "place": {**FORWARDED, "kubeconfig": str(path)}}}
        return said(kind, foreign, **(place if kind == "store" else {"kubeconfig": str(path)}))

    monkeypatch.setattr("squall.system.system.systems_here", lambda: iter(()))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    inside, open_to_all, mine = received / "a" / "config", tmp_path / "open", tmp_path / "config"
    inside.parent.mkdir()
    for each in (inside, open_to_all, mine):
        each.write_text("")
    open_to_all.chmod(0o666)
    (tmp_path / "link").symlink_to(inside)
    assert "is in the folder of a run" in with_it(inside)
    assert "is in the folder of a run" in with_it(tmp_path / "link")
    assert "can have been written by others" in with_it(open_to_all)
    assert with_it(mine) == ""
    # What somebody else wrote may name only what the user has named himself.
    assert "is not a kubeconfig of yours" in with_it(mine, foreign=True)
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'other'}{os.pathsep}{mine}")
    assert "is not a kubeconfig of yours" not in with_it(mine, foreign=True)


@pytest.mark.parametrize("kind", ON_THIS_MACHINE)
@pytest.mark.parametrize(
    "folder",
    [
        "/",
        "/etc",
        TMP,
        f"{TMP}/squall-playbooks",
        "/home/squall-local-x",
        f"{TMP}/../etc/squall-local-x",
        "relative",
        "",
    ],
)
def test_a_folder_is_one_that_squall_has_made(kind: str, folder: str) -> None:
    assert said(kind, folder=folder)


@pytest.mark.parametrize("kind", ON_THIS_MACHINE)
def test_a_folder_that_somebody_unpacked_is_none(kind: str, received: Path, tmp_path: Path) -> None:
    name = GOOD[kind]["folder"].rpartition("/")[2]
    for place in (received, tmp_path):
        (place / name).mkdir(0o700)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert "is in the folder of a run" in said(kind, folder=str(received / name))
    assert "it is not a folder of this user alone" in said(kind, folder=str(tmp_path / "open" / name))
    (tmp_path / "link").symlink_to(tmp_path)
    assert "it is not a folder of this user alone" in said(kind, folder=str(tmp_path / "link" / name))
    assert said(kind, folder=str(tmp_path / name)) == ""
    assert "is not right below the temporary folder" in said(kind, True, folder=str(tmp_path / name))
    assert said(kind, foreign=True) == ""


def test_a_socket_is_root_s_or_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is no socket" in said("compose.project", docker=str(tmp_path / "file"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert said("compose.project", docker=str(tmp_path / "s")) == ""
        if os.geteuid() == 0:
            os.chown(tmp_path / "s", 65534, 65534)
            assert "is no socket" in said("compose.project", docker=str(tmp_path / "s"))


def test_a_releaser_is_known_by_a_note_of_squall_s(tmp_path: Path) -> None:
    for name in ("keeper.json", "squall-releaser-.json", "squall-releaser-0a.json.txt"):
        assert "is no note of a releaser" in said("kubernetes.release", releaser=str(tmp_path / name))
    assert said("kubernetes.release", releaser="/etc/squall-releaser-0a.json")


SYSTEM = """
name: shop
objectives: {success: 99%, latency: {percentile: 95, limit: 200ms}}
load: {locustfile: load.py, rate: 1/s}
probe: {path: /, rate: 1/s}
services: {db: {}}
platforms:
  kind:
    namespace: shop
    url: http://127.0.0.1:1
    agent: own/agent@sha256:0f
    services: {db: {workload: statefulset/db}}
    stores: {db: {kind: postgres, service: db, login: {user: root, variable: DB_PASSWORD}}}
    alertmanager: {url: https://a.example, labels: {namespace: shop}, variable: TOKEN}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenarios" / "shop").mkdir(parents=True)
    (tmp_path / "scenarios" / "shop" / "system.yaml").write_text(SYSTEM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def endpoint(variable: str | None, **place: object) -> Args:
    return {**ENDPOINT, "login": {"user": "root", "variable": variable}, "place": {**FORWARDED, **place}}


@pytest.mark.usefixtures("project")
def test_of_others_a_variable_goes_only_where_this_project_sends_it() -> None:
    assert said("alertmanager.silence", True) == ""
    assert said("store", True, endpoint=endpoint("DB_PASSWORD")) == ""
    assert said("kubernetes.rotation", True, endpoint=endpoint("DB_PASSWORD")) == ""
    for change in ({"url": "https://b.example"}, {"variable": "AWS_SECRET_ACCESS_KEY"}, {"labels": {"a": "b"}}):
        assert "no scenarios/*/system.yaml here names the Alertmanager" in said("alertmanager.silence", True, **change)
    for each in (
        endpoint("AWS_SECRET_ACCESS_KEY"),
        endpoint("DB_PASSWORD", namespace="evil"),
        endpoint("DB_PASSWORD", service="evil"),
        {**endpoint("DB_PASSWORD"), "service": "other"},
        {**endpoint("DB_PASSWORD"), "login": {"user": "other", "variable": "DB_PASSWORD"}},
        {**endpoint("DB_PASSWORD"), "application": {"user": "app", "variable": "AWS_SECRET_ACCESS_KEY"}},
        {**endpoint("DB_PASSWORD"), "place": {"port": 5432}},
    ):
        for kind in ("store", "kubernetes.rotation"):
            assert "here sends the password of" in said(kind, True, endpoint=each)


@pytest.mark.usefixtures("project")
def test_of_others_no_agent_is_started_from_another_image() -> None:
    assert said("kubernetes.agent", True, image="own/agent@sha256:0f") == ""
    assert "names the agent's image" in said("kubernetes.agent", True, image="evil/agent")
    assert "names the agent's image" in said("kubernetes.agent", True, namespace="evil", image="own/agent@sha256:0f")


def test_where_no_project_is_nothing_of_others_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert said("alertmanager.silence", True)
    assert said("store", True, endpoint=endpoint("DB_PASSWORD"))


def test_a_refused_entry_is_left_standing_and_the_others_are_undone(received: Path) -> None:
    """Even one that is signed: whoever may write with the key may do no more than its kind does."""
    log, marker = UndoLog(received / "undo.jsonl"), received / "ran"
    login = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(marker)]}
    (received / "config").write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {"exec": {**login, "interactiveMode": "Never"}}}],
    }))  # fmt: skip
    log.open(Undo("simulated", "nothing"))
    log.open(
        Undo("kubernetes.pod", "a pod", {**SPACE, "name": "p", "context": "c", "kubeconfig": str(received / "config")})
    )
    refused, done = [outcome for _, outcome in log.replay()]
    assert "undoing a pod: left alone, for its arguments are refused: kubeconfig: " in str(refused)
    assert done == "nothing was there"
    assert not marker.exists()
    assert [undo.kind for undo in log.open_entries().values()] == ["kubernetes.pod"]


def test_a_kind_of_a_project_may_say_no_form_of_its_arguments() -> None:
    """Its function is the user's own code."""
    assert perform(Undo("simulated", "nothing", {"anything": 1})) == "nothing was there"
    with pytest.raises(NotUndone, match="its arguments are refused: folder: Field required"):
        perform(Undo("local.processes", "a folder"))
    assert squall.testing.platform.Simulated is registered()["simulated"]
