"""The commands about feature files, and plain pytest on them: run, plan, list; with xdist, re-runs and time limits."""

import json
import random
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from squall.errors import Misuse
from squall.instances import Share
from squall.platforms.processes.platform import LocalPlatform
from squall.system.system import System
from tests.commands.projects import ROOT, Done, pytest_in, simulated_project, squall

pytestmark = pytest.mark.slow
HARDLY = "features/shop/crash.feature::One of three crashes and users hardly notice"
RERUNS = """
def pytest_addoption(parser):
    parser.addoption("--reruns", type=int)
"""


@pytest.fixture
def mine(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "shop"))


def refused(done: Done, *says: str) -> None:
    assert done.code == 4, done
    assert "Traceback" not in done.errors + done.out
    for text in says:
        assert sum(text in line for line in done.complaints()) == 1, (text, done.errors)


@pytest.mark.parametrize(
    ("words", "weakness", "code"),
    [
        (["--tag", "not twin"], {}, 0),
        (["--name", "HARDLY"], {"replicas": 1, "restart": 6}, 1),
        (["--promise", "E1"], {"immune": True}, 2),
        (["--system", "shop", HARDLY], {"errors": 0.05}, 2),
    ],
)
def test_run_ends_with_the_code_of_the_verdict(
    mine: Path, words: list[str], weakness: dict[str, int], code: int
) -> None:
    done = squall(mine, "run", *words, WEAKNESS=json.dumps(weakness))
    assert done.code == code, done
    assert len(list((mine / "runs").iterdir())) == 1
    assert done.errors == ""


FULL_DISK = """
from squall.run.experiment import Experiment
from squall.safety.undo_log import Undo, UndoLog


def run(self):
    UndoLog(self._folder.undo).open(Undo("cordon", "the cordon of node-1"))
    raise OSError(28, "No space left on device")


Experiment.run = run
"""


def test_a_run_that_cannot_be_written_down_and_left_something_ends_with_3(mine: Path) -> None:
    with (mine / "conftest.py").open("a") as conftest:
        conftest.write(FULL_DISK)
    done = squall(mine, "run", "--tag", "not twin")
    assert done.code == 3, done
    assert "not noted as undone: the cordon of node-1: make room, squall undo" in done.out


def test_repetitions_have_folders_and_seeds_of_their_own_and_are_counted(mine: Path) -> None:
    done = squall(mine, "run", "--repeat", "3", "--seed", "7", "--tag", "not twin", "--junit", "junit.xml")
    assert done.code == 0, done
    plans = [json.loads((folder / "plan.json").read_text()) for folder in sorted((mine / "runs").iterdir())]
    assert sorted(plan["seed"] for plan in plans) == [7, 8, 9]
    assert "hardly notice: 3 HELD, of 3" in done.out
    assert all(f"'{HARDLY}' --platform local --seed {plan['seed']}" in plan["command"] for plan in plans)
    names = [case.get("name") for case in ElementTree.parse(mine / "junit.xml").iter("testcase")]  # noqa: S314 - ours
    assert [str(name).rpartition("[")[2] for name in names] == ["1of3]", "2of3]", "3of3]"]


def test_the_worst_repetition_decides(mine: Path) -> None:
    done = squall(mine, "run", "--repeat", "2", WEAKNESS='{"replicas": 1, "restart": 6}')
    assert done.code == 1
    assert done.out.count(": 2 BROKEN, of 2") == 2


def test_an_interrupted_run_is_undone_and_reported(mine: Path) -> None:
    done = squall(mine, "run", INTERRUPT="8")
    assert done.code == 130
    assert "INCONCLUSIVE (aborted): One of three" in done.out
    (folder,) = (mine / "runs").iterdir()
    assert (folder / "report.html").exists()
    assert squall(mine, "undo").out == "nothing to undo\n"


def test_allure_gets_each_step_with_its_own_status_and_the_files_of_the_run(mine: Path) -> None:
    done = squall(mine, "run", "--allure", "results", "--tag", "not twin", WEAKNESS='{"replicas": 1, "restart": 6}')
    assert done.code == 1, done
    (result,) = (json.loads(path.read_text()) for path in (mine / "results").glob("*-result.json"))
    assert (result["name"], result["status"]) == ("One of three crashes and users hardly notice", "failed")
    assert result["statusDetails"]["message"].startswith("BROKEN: ")
    steps = {step["name"]: step["status"] for step in result["steps"]}
    assert [status for name, status in steps.items() if not name.startswith(("Then", "And"))] == ["passed"] * 2
    promised = [status for name, status in steps.items() if name.startswith(("Then", "And"))]
    assert {"passed", "failed"} == set(promised)
    (folder,) = (mine / "runs").iterdir()
    attached = {each["name"]: each["source"] for each in result["attachments"]}
    for name in ("report.html", "figure.svg"):
        assert (mine / "results" / attached[name]).read_bytes() == (folder / name).read_bytes()
    assert (mine / "results" / "environment.properties").exists()


NOTHING = [
    (
        ["--promise", "X9"],
        "no scenario is selected: none of the 2 has promise 'X9'; there are systems shop; promises E1",
    ),
    (["--system", "shops"], "none of the 2 has system 'shops'"),
    (["--name", "nobody ("], "has name 'nobody ('"),
    (["--tag", "twin and"], "invalid tag expression 'twin and': unexpected end"),
    (["--tag", "nope"], "has tag 'nope'"),
    (["--platform", "cloud"], "there is no platform 'cloud' (known: kind, kubernetes, local, compose)"),
    (["features/nope.feature"], "there is no 'features/nope.feature' here"),
    (["scenarios"], "there is no scenario in scenarios"),
    (["features/shop/crash.feature::Nope"], "not found"),
    (["--seed", "x"], "'x' is not a valid integer"),
    (["--repeat", "-1"], "--repeat"),  # which plan does not have at all
]


# They read the selection by the same code: of one some are enough.
@pytest.mark.parametrize(
    ("command", "words", "says"), [("plan", *row) for row in NOTHING] + [("run", *row) for row in NOTHING[1::3]]
)
def test_what_selects_nothing_is_misuse(shop: Path, command: str, words: list[str], says: str) -> None:
    refused(squall(shop, command, *words), says)


def test_a_feature_that_means_nothing_is_refused_by_line(mine: Path) -> None:
    feature = mine / "features" / "shop" / "crash.feature"
    feature.write_text(feature.read_text().replace('pod of "api" crashes', 'pod of "apis" explodes'))
    for command in ("run", "plan"):
        refused(squall(mine, command), "features/shop/crash.feature:10: no sentence", "crash.feature:19: no sentence")


def test_a_conftest_that_does_not_import_is_misuse(mine: Path) -> None:
    (mine / "conftest.py").write_text("import nowhere_to_be_found\n")
    for command in ("run", "plan"):
        done = squall(mine, command)
        assert done.code == 4
        assert "nowhere_to_be_found" in done.errors


def test_plan_tells_all_and_touches_nothing(mine: Path) -> None:
    before = sorted(mine.rglob("*"))
    done = squall(mine, "plan", "--seed", "3", "--tag", "not twin")
    assert done.code == 0, done
    for text in ("1 of api crash", "reversal  passing: done in an instant",
                 "shop on local", " on localhost", "among     api-0, api-1, api-2",
                 "1 of 3 instances (33%)", "none are needed", "40 requests/s", "10 to 70 s",
                 "[FailingTime: limit 2]", "required for 5 s", "the processes and files of", "--seed 3"):  # fmt: skip
        assert text in done.out, text
    left = [path for path in sorted(mine.rglob("*")) if "cache" not in str(path)]
    assert left == [path for path in before if "cache" not in str(path)]


def test_plan_as_json(mine: Path) -> None:
    found = json.loads(squall(mine, "plan", "--json").out)
    assert [one["plan"]["weaknesses"] for one in found] == [[], ["one instance"]]
    assert [one["plan"]["observation"] for one in found] == [20.0, 20.0]
    assert found[0]["load"]["locustfile"] == "load/shop.py"
    assert [one["among"] for one in found] == [["api-0", "api-1", "api-2"], ["api-0"]]
    assert [one["unknown"] for one in found] == ["", ""]


def test_a_run_chooses_whom_its_plan_has_shown(mine: Path) -> None:
    pytest.importorskip("supervisor")
    words = ["--seed", "11", "--tag", "not twin", "--platform", "local"]
    (planned,) = json.loads(squall(mine, "plan", *words, "--json").out)
    chosen = [(target["service"], target["name"]) for target in planned["plan"]["targets"]]
    section = System.read(mine / "scenarios" / "shop" / "system.yaml")
    on = LocalPlatform(section)
    try:
        on.deploy([], lambda _: None)
        assert [one.name for one in on.instances("api")] == planned["among"]
        assert [one.name for one in on.foreseen("api", ["one instance"])] == ["api-0"]
        picked = Share(1).pick("api", on.instances("api"), random.Random(11))
        assert [(one.service, one.name) for one in picked] == chosen
    finally:
        on.close()


def test_list_shows_the_projects_own_sentences_and_scenarios(shop: Path) -> None:
    done = squall(shop, "list")
    assert done.code == 0, done
    assert "Given users come as on a quiet day" in done.out
    assert "One of three crashes" in done.out
    assert "  shop  (scenarios/shop/system.yaml)" in done.out
    found = json.loads(squall(shop, "list", "--json").out)
    assert list(found) == ["systems", "scenarios", "faults", "claims", "sentences"]
    assert all(entry["about"] for entries in found.values() for entry in entries)


def test_list_where_nothing_is_still_lists_what_squall_has(tmp_path: Path) -> None:
    done = squall(tmp_path, "list")
    assert done.code == 0
    assert "none here" in done.out
    assert "Crash" in done.out
    refused(squall(tmp_path, "list", "scenarios"), "there is no 'features' here")
    refused(squall(tmp_path, "list", "nonsense"), "(known: systems, scenarios, faults, claims, sentences)")


def test_what_the_platform_cannot_do_is_skipped_and_nothing_run_is_misuse(mine: Path) -> None:
    done = squall(mine, "run", HARMLESS="1")
    refused(done, "nothing was run: all 2 scenarios were skipped")
    assert "does not offer Host" in done.out


def test_plain_pytest_needs_no_configuration(mine: Path) -> None:
    done = pytest_in(mine, WEAKNESS='{"replicas": 1, "restart": 6}')
    assert done.code == 1
    assert "BROKEN: One of three" in done.out


def test_workers_of_xdist_report_and_the_controller_shows(mine: Path) -> None:
    done = pytest_in(mine, "-n", "2", "--squall-repeat", "2")
    assert done.code == 0, done
    assert done.out.count("HELD: ") == 4
    assert "hardly notice: 2 HELD, of 2" in done.out


def test_a_refusal_in_a_worker_reaches_the_user_once(mine: Path) -> None:
    refused(pytest_in(mine, "-n", "2", "--squall-promise", "X9"), "no scenario is selected")


def test_reruns_are_refused_and_repetitions_offered(mine: Path) -> None:
    (mine / "conftest.py").write_text((mine / "conftest.py").read_text() + RERUNS)
    refused(
        pytest_in(mine, "--reruns", "2"), "2 squall scenarios are selected: a run again until it passes proves nothing"
    )
    assert pytest_in(mine, "--reruns", "0", "--squall-tag", "not twin").code == 0


def test_a_time_limit_for_quick_tests_does_not_cut_a_scenario_off(mine: Path) -> None:
    assert pytest_in(mine, "-o", "timeout=0.2", "--squall-tag", "not twin").code == 0
    refused(
        pytest_in(mine, "--timeout", "10", "--squall-tag", "not twin"), "may well take 30 s and more, and --timeout 10"
    )


def test_a_project_without_scenarios_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\ndef test():\n    assert 'squall.pytest_plugin.session' not in sys.modules\n"
    )
    done = pytest_in(tmp_path, "-p", "no:xdist")
    assert done.code == 0, done
    assert "squall" not in done.out.partition("plugins:")[2].partition("\n")[2]


def test_all_options_begin_with_the_name() -> None:
    said = pytest_in(ROOT, "--help").out.partition("squall: promises of runbooks")[2].partition("\n\n")[0]
    options = [line.strip() for line in said.splitlines() if line.strip().startswith("-")]
    assert options
    assert all(option.startswith("--squall-") for option in options)


def test_a_simulated_project_is_what_init_makes(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        simulated_project(simulated_project(tmp_path / "twice"))
    assert issubclass(Misuse, Exception)


def test_without_a_word_it_runs_on_this_machine(tmp_path: Path) -> None:
    mine = Path(shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")).parent
    shutil.copytree(ROOT / "features" / "quantum_rerank", mine / "features")
    done = squall(mine, "plan", "--name", "hardly notice", "--json")
    assert {one["plan"]["platform"] for one in json.loads(done.out)} == {"local"}, done
    refused(squall(mine, "plan", "--name", "hardly notice", "--context", "kind-squall"), "or add --platform kind")
    system = mine / "scenarios" / "quantum_rerank" / "system.yaml"
    text = system.read_text()
    system.write_text(text[: text.index("  # The same services as processes")])
    refused(squall(mine, "plan", "--name", "hardly notice"), "does not say how it runs on local", "--platform")
