import json
import sys
from pathlib import Path

import pytest
import yaml

from squall.errors import Misuse
from squall.platforms.processes.programs import Layout, laid_out, ports_needed
from squall.platforms.processes.spec import Preparation, Spec
from squall.platforms.processes.supervisor_config import configuration
from squall.platforms.processes.variants import weakened
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.system.local import Local
from tests.platforms.tiny_system import FOLDER, section

STATE = Path("/state/squall-local-test")


def layout(local: Local | None = None) -> Layout:
    return laid_out(local or section(), FOLDER, STATE, range(21001, 21099), "s3cret")


def test_each_process_has_its_own_port_and_knows_the_others() -> None:
    api = layout().processes["api-1"]
    assert ports_needed(section()) == 5
    assert (api.port, api.ready, api.grace) == (21004, "/ready", 5.0)
    assert api.spec.command == [sys.executable, "-S", "api.py"]
    assert api.spec.environment["TINY_NAME"] == "api-1"
    assert api.spec.environment["TINY_PORT"] == "21004"
    assert (
        api.spec.environment["TINY_STORES"]
        == "postgresql://reader:s3cret@127.0.0.1:21001/postgres redis://:s3cret@127.0.0.1:21002/0"
    )
    assert api.spec.folder == str(FOLDER)


def test_stores_are_up_before_the_others_and_postgres_is_not_run_by_root() -> None:
    processes = layout().processes
    assert {name for name, process in processes.items() if process.first} == {"documents-0", "cache-0"}
    assert processes["documents-0"].spec.unprivileged
    assert processes["documents-0"].signal == "INT"
    assert processes["documents-0"].spec.command[-2:] == ["-c", "max_connections=20"]


def test_envoy_is_told_of_every_process() -> None:
    (text,) = layout().configurations.values()
    told = yaml.safe_load(text)["static_resources"]["clusters"][0]
    hosts = told["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert [host["endpoint"]["address"]["socket_address"]["port_value"] for host in hosts] == [21003, 21004]
    assert told["health_checks"][0]["http_health_check"] == {"path": "/ready"}
    assert layout().admins == {"front": STATE / "fronts" / "front.sock"}
    assert yaml.safe_load(text)["admin"]["address"]["pipe"] == {"path": str(layout().admins["front"]), "mode": 0o600}
    assert layout().fronted == frozenset({"api"})


def test_a_weakness_is_a_changed_value() -> None:
    one = weakened(section(), ["one replica"], "tiny")
    assert [process.name for process in layout(one).of("api")] == ["api-0"]
    unasked = layout(weakened(section(), ["no readiness probe"], "tiny"))
    assert "/health" in next(iter(unasked.configurations.values()))
    assert unasked.processes["api-0"].ready == "/health"
    broken = weakened(section(), ["broken"], "tiny").programs["api"]
    assert (broken.environment["TINY_BROKEN"], broken.environment["TINY_NAME"]) == ("1", "${name}")
    assert weakened(section(), [], "tiny") == section()


def test_an_unknown_weakness_is_refused() -> None:
    with pytest.raises(Misuse, match='tiny has no weakness "x"'):
        weakened(section(), ["x"], "tiny")


def test_an_unknown_placeholder_in_envoys_configuration_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "envoy.yaml").write_text("admin:\n  port: ${admn}\n")
    (tmp_path / "documents.sql").touch()
    with pytest.raises(Misuse, match=r"envoy\.yaml:2: unknown placeholder \$\{admn\}"):
        laid_out(section(), tmp_path, STATE, range(21001, 21099), "s3cret")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"there is no file .*documents\.sql to fill documents with"):
        laid_out(section(), tmp_path, STATE, range(21001, 21099), "s3cret")
    (tmp_path / "documents.sql").touch()
    with pytest.raises(Misuse, match=r"reading .*envoy\.yaml: No such file"):
        laid_out(section(), tmp_path, STATE, range(21001, 21099), "s3cret")


def test_supervisord_restarts_always_and_stops_as_each_wants() -> None:
    text = configuration(InstanceFolder(STATE), layout().processes.values())
    assert text.count("autorestart = true") == text.count("[program:") == 5
    assert "[program:documents-0]" in text
    assert "stopsignal = INT" in text


def test_a_spec_survives_writing(tmp_path: Path) -> None:
    spec = Spec(["a b", "%(c)s", '"'], {"D": "e;#\n'\""}, "/", "/data", [Preparation(["x"], "/in")], True, "/p")
    spec.write(tmp_path / "spec.json")
    assert Spec.read(tmp_path / "spec.json") == spec
    assert json.loads((tmp_path / "spec.json").read_text())["environment"] == {"D": "e;#\n'\""}


def test_programs_that_only_root_can_reach_are_moved() -> None:
    spec = Spec(["/root/p/bin/x", "/root/p/data"], before=[Preparation(["/root/p/bin/y"])])
    moved = spec.moved("/root/p", "/q")
    assert (moved.command, moved.before[0].command) == (["/q/bin/x", "/root/p/data"], ["/q/bin/y"])


@pytest.mark.parametrize("text", ["a: [", "- a", "just words"])
def test_a_file_that_is_no_configuration_of_envoys_is_named(text: str, tmp_path: Path) -> None:
    for name in ("envoy.yaml", "documents.sql"):
        (tmp_path / name).write_text(text)
    with pytest.raises(Misuse, match=r"envoy\.yaml: it is no configuration of Envoy's"):
        laid_out(section(), tmp_path, STATE, range(21001, 21099), "s3cret")
