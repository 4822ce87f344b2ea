from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from squall.errors import Misuse
from squall.system.system import System, find_system

GOOD = """\
name: shop
objectives:
  success: 99.5%
  latency: {percentile: 95, limit: 200ms}
load:
  locustfile: load/shop.py
  rate: 50/s
probe:
  path: /health
services:
  api: {about: answers}
platforms:
  kind:
    namespace: shop
    url: http://127.0.0.1:30080
    kustomize: manifests
    services:
      api: {workload: deployment/api, service: api}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "system.yaml"


def problem(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Misuse) as caught:
        System.read(path)
    return str(caught.value).replace(str(path), "system.yaml")


def test_a_system_is_read_in_seconds_and_milliseconds(path: Path) -> None:
    path.write_text(GOOD)
    system = System.read(path)
    objective = system.objectives.values()
    assert (objective.success, objective.percentile, objective.latency) == (99.5, 95, 200)
    assert (system.load.rate, system.load.timeout, system.steady.window) == (50.0, 2.0, 10.0)
    assert system.folder == path.parent


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: shop", "name: shop\ncolour: red", "system.yaml:2: colour: there is no such key"),
        ("name: shop", "name: shop\nfolder: /tmp", "system.yaml:2: folder: there is no such key"),
        ("  path: /health", "  path: /health\n  paht: /", "system.yaml:10: probe.paht: there is no such key"),
        ("name: shop", "name: [shop]", "system.yaml:1: name: Input should be a valid string"),
        ("name: shop", "about: no name", "system.yaml:1: name: Field required"),
        (
            "  api: {about: answers}",
            "  api:\n    gauges:\n      free: {metric: 1free}",
            "system.yaml:13: services.api.gauges.free.metric: String should match",
        ),
        (
            "  api: {about: answers}",
            "  api:\n    gauges:\n      free: {metric: free, lables: {a: b}}",
            "system.yaml:13: services.api.gauges.free.lables: there is no such key",
        ),
        ("  rate: 50/s\n", "", "system.yaml:5: load.rate: Field required"),
        ("  rate: 50/s", "  rate: 50", "system.yaml:7: load.rate: 50 is not a rate above 0; write 50/s"),
        ("  rate: 50/s", "  rate: 0/s", "system.yaml:7: load.rate: '0/s' is not a rate above 0; write 50/s"),
        ("99.5%", "0.995", "system.yaml:3: objectives.success: 0.995 is not a share; write 99.5%"),
        (
            "200ms",
            "0.2",
            "system.yaml:4: objectives.latency.limit: 0.2 is not a duration; write 200ms, 30s, 5m or 1h",
        ),
        ("percentile: 95", "percentile: 100", "system.yaml:4: objectives.latency.percentile: Input should be less"),
        ("  path: /health", "  path: health", "system.yaml:9: probe.path: String should match"),
        (
            "deployment/api",
            "pod/api",
            "system.yaml:18: platforms.kind.services.api.workload: String should match",
        ),
        ("    namespace: shop", "    namespace: Shop", "system.yaml:14: platforms.kind.namespace: String should"),
        (
            "      api: {workload",
            "      web: {workload",
            "system.yaml:18: platforms.kind.services.web: not one of the services above",
        ),
        (
            "name: shop",
            "name: shop\nrestore_order: [[db]]",
            "system.yaml:2: restore_order: db is not one of the services",
        ),
        ("name: shop", "name: shop\nrestore_order: [[api], [api]]", "system.yaml:2: restore_order: api is named twice"),
        ("  api: {about: answers}", "  5: {}", "system.yaml:11: services.5.[key]: Input should be a valid string"),
        ("name: shop", "name: shop\nname: shop", "system.yaml:2: name: duplicate key"),
        ("  path: /health", "  path: /health\n  path: /", "system.yaml:10: path: duplicate key"),
        ("name: shop", "name: 'shop", "system.yaml:19: not YAML: found unexpected end of stream"),
        ("name: shop", "name: shop\n\tabout: x", "system.yaml:2: not YAML: found character"),
        ("name: shop", "name: !!int shop", "system.yaml:1: not YAML: a value that cannot be read (ValueError)"),
        ("name: shop", "name: &a [*a]", "system.yaml:1: not YAML: a value that cannot be read (RecursionError)"),
        ("name: shop", "name: 2026-99-99", "system.yaml:1: not YAML: a value that cannot be read (ValueError)"),
        ("name: shop", "name: sh\0op", "system.yaml:1: not YAML: special characters are not allowed"),
    ],
)
def test_each_problem_is_one_line_with_its_place(path: Path, old: str, new: str, expected: str) -> None:
    assert GOOD.count(old) == 1
    found = problem(path, GOOD.replace(old, new))
    assert found.startswith(expected)
    assert "\n" not in found


def test_the_agent_s_image_elsewhere_is_told_by_what_is_in_it(path: Path) -> None:
    text = GOOD.replace("  kind:", "  kubernetes:").replace("    kustomize: manifests", "    agent: squall/agent:dev")
    found = problem(path, text)
    assert found.startswith(
        "system.yaml:16: platforms.kubernetes.agent: 'squall/agent:dev' names no content: write the"
    )
    path.write_text(GOOD)
    section = System.read(path).platforms.kind
    assert section is not None
    assert section.agent == "localhost/squall/agent:dev"


def test_what_the_order_leaves_out_comes_last(path: Path) -> None:
    text = GOOD.replace("  api: {about: answers}", "  api: {}\n  db: {}\n  door: {}")
    path.write_text(text.replace("name: shop", "name: shop\nrestore_order: [[db]]"))
    assert System.read(path).tiers == (("db",), ("api", "door"))
    path.write_text(text)
    assert System.read(path).tiers == (("api", "db", "door"),)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a list\n", "just text\n", "42\n", "~\n"])
def test_what_is_no_mapping_is_no_system(path: Path, text: str) -> None:
    assert problem(path, text).startswith("system.yaml:1: system.yaml: Input should be a valid dictionary")


def test_several_problems_are_told_together(path: Path) -> None:
    found = problem(path, GOOD.replace("50/s", "50").replace("name: shop", "name: shop\ncolour: red"))
    assert [line.split(": ")[:2] for line in found.splitlines()] == [
        ["system.yaml:8", "load.rate"],
        ["system.yaml:2", "colour"],
    ]


def test_what_is_not_utf8_is_not_read(path: Path) -> None:
    assert problem(path, GOOD.encode() + b"about: \xff\n").startswith("system.yaml:1: not YAML: invalid start byte")


def test_a_missing_file_is_one_line(path: Path) -> None:
    with pytest.raises(Misuse, match=r"^reading .*system\.yaml: No such file or directory$"):
        System.read(path)
    path.mkdir()
    with pytest.raises(Misuse, match="Is a directory"):
        System.read(path)


def test_a_system_is_found_by_its_name(tmp_path: Path) -> None:
    for folder, name in (("one", "shop"), ("two", "bank")):
        path = tmp_path / "scenarios" / folder / "system.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(GOOD.replace("name: shop", f"name: {name}"))
    assert find_system("bank", tmp_path).folder == (tmp_path / "scenarios" / "two").resolve()
    with pytest.raises(Misuse, match=r'^there is no system "pub" \(known: bank, shop\)$'):
        find_system("pub", tmp_path)


def test_without_any_system_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"known: no scenarios/\*/system\.yaml under"):
        find_system("pub", tmp_path)


KEYS = st.sampled_from(
    ["name", "objectives", "latency", "limit", "success", "load", "rate", "services", "platforms", "kind", "local", "x"]
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=8) | st.binary(max_size=3)
)
STRUCTURES = st.recursive(
    SCALARS | st.sampled_from(["50/s", "99%", "2s", "deployment/api"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | SCALARS, inner, max_size=4),
    max_leaves=12,
)
ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        System.read(path)
    except Misuse as error:
        for line in str(error).splitlines():
            assert line.startswith(str(path)), line


@ANY
@given(text=st.text() | st.text(alphabet="{}[]:,-?!&*#|>'\"%@` \n\tab0"))
def test_no_text_crashes_the_reader(path: Path, text: str) -> None:
    read_or_refuse(path, text.encode("utf-8", "surrogatepass"))


@ANY
@given(content=st.binary(max_size=40))
def test_no_bytes_crash_the_reader(path: Path, content: bytes) -> None:
    read_or_refuse(path, content)


@ANY
@given(structure=STRUCTURES)
def test_no_structure_crashes_the_reader(path: Path, structure: object) -> None:
    read_or_refuse(path, yaml.safe_dump(structure, allow_unicode=True).encode("utf-8", "surrogatepass"))


@ANY
@given(key=st.sampled_from(sorted(yaml.safe_load(GOOD))), value=STRUCTURES)
def test_no_value_of_a_key_crashes_the_reader(path: Path, key: str, value: object) -> None:
    read_or_refuse(path, yaml.safe_dump({**yaml.safe_load(GOOD), key: value}).encode("utf-8", "surrogatepass"))
