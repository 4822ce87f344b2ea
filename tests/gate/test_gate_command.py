"""``squall gate``: one verdict in the exit code, the files and the last line, whatever happens to it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commands.projects import Done, squall
from tests.commands.test_ways_out import shell

pytestmark = pytest.mark.slow

FILES = ("--junit", "out/junit.xml", "--summary", "out/gate.md", "--json", "out/gate.json", "--allure", "out/allure")
NOT_TWINS = ("--tag", "not twin")
# Once that the promise holds: the simulated system has no twins.
POLICY = "[gate]\nmust_hold = 'all'\n"


@dataclass(frozen=True)
class Told:
    """What the files of a gate say of it: whether it is open, and why not."""

    junit: bool
    summary: bool
    as_json: bool
    allure: bool

    @property
    def alike(self) -> bool:
        return len({self.junit, self.summary, self.as_json, self.allure}) == 1


def told(project: Path) -> Told:
    out = project / "out"
    cases = ElementTree.parse(out / "junit.xml").iter("testcase")  # noqa: S314 - ours
    (gate,) = (case for case in cases if case.get("name") == "the gate")
    result = json.loads((out / "allure" / "squall-gate-result.json").read_text())
    return Told(
        gate.find("failure") is None,
        (out / "gate.md").read_text().startswith("## GATE OPEN"),
        json.loads((out / "gate.json").read_text())["open"],
        result["status"] == "passed",
    )


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "shop"))


def gate(project: Path, *words: str, **environment: str) -> Done:
    return squall(project, "gate", *words, *FILES, **environment)


@pytest.mark.parametrize(("place", "code"), [("held", 0), ("broken", 1), ("void", 2)])
def test_every_file_says_what_the_exit_code_says(shop: Path, place: str, code: int) -> None:
    done = gate(shop, *NOT_TWINS, "--stored", place)
    assert done.code == code, done
    assert done.out.splitlines()[-1].startswith("GATE OPEN" if code == 0 else f"GATE CLOSED (exit code {code}): ")
    assert told(shop).alike
    assert told(shop).junit == (code == 0)


@pytest.mark.parametrize(
    ("weakness", "code"), [("{}", 0), ('{"replicas": 1, "restart": 6}', 1), ('{"immune": true}', 2)]
)
def test_it_runs_and_decides(shop: Path, weakness: str, code: int) -> None:
    done = gate(shop, *NOT_TWINS, WEAKNESS=weakness)
    assert done.code == code, done
    assert told(shop).alike
    (page,) = (shop / "runs").glob("*/report.html")
    assert {0: "HELD", 1: "BROKEN", 2: "INCONCLUSIVE"}[code] in page.read_text()


def test_a_noisy_promise_is_run_as_often_as_the_policy_says(shop: Path) -> None:
    (shop / "squall.toml").write_text("[gate.repeats.E1]\nruns = 3\nheld = 2\n")
    done = gate(shop, *NOT_TWINS)
    assert done.code == 0, done
    assert "3 of 3 runs HELD, at least 2 must be" in done.out
    assert len(list((shop / "runs").iterdir())) == 3


def test_what_is_not_there_closes_it_before_anything_is_run(shop: Path) -> None:
    for words, said in (
        (("--tag", "nobody"), "no scenario is selected"),
        (("nowhere",), "there is no 'nowhere'"),
        (("--stored", "none"), "No such file"),
    ):
        done = gate(shop, *words)
        assert done.code == 4, done
        assert said in done.errors
        assert told(shop) == Told(False, False, False, False)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("[gate]\nmust_hold = ['E7']", "squall.toml: gate.must_hold: no scenario is called or proves 'E7'"),
        ("[gate]\nbaseline = 'b.json'", "there is no baseline"),
        ("gate = 1", "squall.toml: gate: "),
    ],
)
def test_a_bad_policy_is_one_line_and_closed(shop: Path, policy: str, said: str) -> None:
    (shop / "squall.toml").write_text(policy)
    done = gate(shop, "--stored", "held")
    assert (done.code, len(done.complaints()), "Traceback" in done.errors) == (4, 1, False)
    assert said in done.errors
    assert told(shop) == Told(False, False, False, False)


def test_a_run_that_is_not_there_closes_it(shop: Path) -> None:
    done = gate(shop, "--stored", "held")
    assert (done.code, told(shop)) == (2, Told(False, False, False, False))
    assert "closed by: The only instance crashes: no run of it was made" in done.out


def test_a_run_that_never_began_closes_it(shop: Path) -> None:
    (shop / "held" / "20991201T000000-begun").mkdir()
    done = gate(shop, *NOT_TWINS, "--stored", "held")
    assert (done.code, told(shop)) == (5, Told(False, False, False, False))
    assert "the run never began" in done.out.splitlines()[-1]


def test_a_platform_that_can_do_nothing_closes_it(shop: Path) -> None:
    done = gate(shop, *NOT_TWINS, HARMLESS="1")
    assert (done.code, told(shop)) == (2, Told(False, False, False, False))
    assert "was skipped: " in done.out


def test_an_abort_closes_it(shop: Path) -> None:
    done = gate(shop, *NOT_TWINS, INTERRUPT="8")
    assert (done.code, told(shop)) == (130, Told(False, False, False, False))


def test_a_file_that_cannot_be_written_closes_it_in_the_others(shop: Path) -> None:
    done = squall(shop, "gate", *NOT_TWINS, "--stored", "held", "--junit", "/dev/full", "--json", "gate.json")
    assert done.code == 5, done
    assert Path("/dev/full").is_char_device()
    assert json.loads((shop / "gate.json").read_text())["closed_by"] == ["writing /dev/full: No space left on device"]
    (shop / "file").write_text("")
    done = squall(shop, "gate", *NOT_TWINS, "--stored", "held", "--summary", "file/gate.md")
    assert done.code == 5, done


def test_what_an_earlier_gate_wrote_is_not_taken_for_this_ones(shop: Path) -> None:
    assert gate(shop, *NOT_TWINS, "--stored", "held").code == 0
    (shop / "squall.toml").write_text("nonsense")
    assert gate(shop, *NOT_TWINS, "--stored", "held").code == 4
    assert told(shop) == Told(False, False, False, False)


def test_runs_that_cannot_be_recorded_close_it(shop: Path) -> None:
    (shop / "file").write_text("")
    done = gate(shop, *NOT_TWINS, "--runs", "file")
    assert done.code in {4, 5}, done
    assert told(shop) == Told(False, False, False, False)


@pytest.mark.parametrize(("place", "code"), [("held", 0), ("broken", 1), ("void", 2)])
def test_the_readers_end_a_full_disk_and_a_poor_locale_change_nothing(shop: Path, place: str, code: int) -> None:
    line = f"$SQUALL gate --tag 'not twin' --stored {place} --summary gate.md"
    assert shell(shop, f"{line} | head -c 1") == code
    assert shell(shop, f"{line} >/dev/full 2>&1") == code
    assert shell(shop, line, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0") == code
    assert "—" in (shop / "gate.md").read_text("utf-8")


def test_a_baseline_that_was_better_closes_it(shop: Path) -> None:
    assert squall(shop, "compare", "held", "--save", "baseline.json").code == 0
    kept = json.loads((shop / "baseline.json").read_text())
    # The same run three times: a system that is simulated has no noise.
    kept["runs"] = [{**kept["runs"][0], "run": f"run-{number}"} for number in range(3)]
    (shop / "baseline.json").write_text(json.dumps(kept))
    (shop / "squall.toml").write_text("[gate]\nbaseline = 'baseline.json'\n")
    assert gate(shop, *NOT_TWINS, "--stored", "held").code == 0
    for run in kept["runs"]:
        for one in run["figures"]:
            one["figure"] = {"low": 0.1, "high": 0.2} if one["unit"] == "s" else one["figure"]
    (shop / "baseline.json").write_text(json.dumps(kept))
    done = gate(shop, *NOT_TWINS, "--stored", "held")
    assert (done.code, told(shop)) == (1, Told(False, False, False, False))
    assert "than the baseline: One of three crashes and users hardly notice: worse: " in done.out


def test_compare_tells_what_got_worse_and_what_it_cannot_tell(shop: Path) -> None:
    done = squall(shop, "compare", "held", "broken")
    assert done.code == 1, done
    assert "all that is claimed" in done.out
    assert "its noise is known from 3 on" in done.out
    assert squall(shop, "compare", "held", "held").code == 2
    for words in (("held",), ("held", "nowhere"), ("features", "held")):
        done = squall(shop, "compare", *words)
        assert (done.code, "Traceback" in done.errors) == (4, False), done
