"""A project's own claim, fault and undo, in its steps/: run, judged again, listed, undone; what is none is refused."""

import json
import shutil
from pathlib import Path

import pytest

from squall.safety.undo_log import Undo, UndoLog
from squall.steps.reading import MEANINGS
from tests.commands.projects import squall

pytestmark = pytest.mark.slow
FEATURE = """\
Feature: our own
  Scenario: Calm after the storm
    Given "shop" is in its steady state
    When lightning strikes a pod of "api"
    Then at most 5 requests fail in the 10s after, we say
"""
OWN = '''
"""What only we claim, and what only happens to us."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from squall.claims.claim import at_most
from squall.errors import NotUndone
from squall.faults.by_agent import ByAgent
from squall.faults.fault import Target
from squall.interval import Interval
from squall.record.folder import Record
from squall.steps.sentence import sentence
from squall.safety.undo_log import Undo, undoes
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class Calm:
    """Few requests fail, as we count them."""

    limit: float
    over: float

    def observation(self, hold: float) -> float:
        return self.over

    def judge(self, record: Record, began: Interval) -> Finding:
        failed = sum(not s.ok for s in record.requests if began.low <= s.intended <= began.high + self.over)
        return at_most(Interval.exact(failed), self.limit, "requests", 1000, "failed")


@dataclass(frozen=True, slots=True)
class Lightning(ByAgent):
    """A pod is struck."""

    harm: ClassVar[str] = "Crash"

    def describe(self) -> str:
        return f"lightning strikes {self.share} of {self.service}"

    def plan(self, target: Target) -> Sequence[Undo]:
        return [*ByAgent.plan(self, target), Undo("steps.own.rod", "the lightning rod", {"path": "rod"})]


@undoes("steps.own.rod")
def lower(args: object) -> str:
    Path("rod").unlink(missing_ok=True)
    return "the rod is down"


@sentence("when", 'lightning strikes a pod of "{service:Name}"')
def lightning(service: str) -> Lightning:
    """A pod is struck by lightning."""
    return Lightning(service)


@sentence("then", "at most {count:Count} requests fail in the {over:Duration} after, we say")
def calm(count: int, over: str) -> Calm:
    """We count failures in our own way."""
    return Calm(count, float(over.removesuffix("s")))
'''


WRONG = """
from pathlib import Path

from squall.steps.sentence import sentence
from steps.own import Calm, Lightning


@sentence("when", "a text happens")
def text() -> str:
    return "text"


@sentence("when", "a claim happens")
def claim() -> Calm:
    return Calm(1, 2)


@sentence("when", "a class happens")
def kind() -> type[Lightning]:
    return Lightning


@sentence("then", "a fault is claimed")
def fault() -> Lightning:
    return Lightning("api")


@sentence("then", "what no record holds is claimed")
def unheld() -> Calm:
    return Calm(Path("x"), 2)
"""


@pytest.fixture(scope="module")
def ran(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with sentences of its own, and a run in it that is BROKEN."""
    folder = Path(shutil.copytree(shop, tmp_path_factory.mktemp("own") / "shop"))
    (folder / "steps" / "own.py").write_text(OWN)
    conftest = folder / "conftest.py"
    conftest.write_text(conftest.read_text().replace('("steps.days",)', '("steps.days", "steps.own")'))
    (folder / "features" / "shop" / "own.feature").write_text(FEATURE)
    done = squall(folder, "run", "features/shop/own.feature", WEAKNESS='{"replicas": 1, "restart": 4}')
    assert done.code == 1, done
    return folder


@pytest.fixture
def mine(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "shop"))


def record(folder: Path) -> Path:
    (found,) = (folder / "runs").iterdir()
    return found


def test_it_is_judged_again_by_its_name(ran: Path) -> None:
    plan = json.loads((record(ran) / "plan.json").read_text())
    assert (plan["claims"][0]["name"], plan["fault_fields"]["fault"]) == ("steps.own.Calm", "Lightning")
    again = squall(ran, "judge", str(record(ran)))
    assert (again.code, again.errors) == (1, "")
    assert squall(ran, "judge", str(record(ran)), "--set", "steps.own.Calm.limit=100000").code == 0
    # From any of its folders, and by the name of the class alone.
    assert squall(ran / "features", "judge", str(record(ran)), "--set", "Calm.limit=100000").code == 0


def test_where_the_project_is_not_it_cannot_be_judged(ran: Path, tmp_path: Path) -> None:
    done = squall(tmp_path, "judge", str(record(ran)))
    assert done.code == 4
    assert "reading the claim steps.own.Calm: there is no such class in the project in" in done.errors


def test_a_module_that_cannot_be_imported_is_told_in_one_line(mine: Path) -> None:
    (mine / "steps" / "own.py").write_text("1 / 0\n")
    done = squall(mine, "judge", str(record(mine)))
    why = "reading the claim steps.own.Calm: importing steps.own: ZeroDivisionError: division by zero"
    assert (done.code, done.errors) == (4, f"squall: {why}\n")


def test_it_is_listed(ran: Path) -> None:
    found = json.loads(squall(ran, "list", "claims", "faults", "--json").out)
    assert {"name": "steps.own.Calm", "about": "Few requests fail, as we count them.", "where": ""} in found["claims"]
    own = [fault for fault in found["faults"] if fault["name"].startswith("steps.")]
    assert own == [{"name": "steps.own.Lightning", "about": "A pod is struck.", "where": "needs Host"}]


def test_its_undo_is_found_by_its_name_in_another_process(mine: Path) -> None:
    folder = mine / "runs" / "r"
    folder.mkdir(parents=True)
    (mine / "rod").write_text("")
    UndoLog(folder / "undo.jsonl").open(Undo("steps.own.rod", "the lightning rod", {"path": "rod"}))
    done = squall(mine, "undo")
    assert (done.code, done.errors) == (0, ""), done
    assert "the rod is down" in done.out
    assert not (mine / "rod").exists()


def test_what_is_no_part_of_a_scenario_is_refused_by_line(mine: Path) -> None:
    (mine / "steps" / "wrong.py").write_text(WRONG)
    conftest = mine / "conftest.py"
    conftest.write_text(conftest.read_text().replace('"steps.own")', '"steps.own", "steps.wrong")'))
    wrong = ["When a text happens", "When a claim happens", "When a class happens", "Then a fault is claimed",
             "Then what no record holds is claimed"]  # fmt: skip
    lines = ["Feature: wrong", "Scenario: wrong", 'Given "shop" is in its steady state', *wrong]
    (mine / "features" / "shop" / "own.feature").write_text("\n".join(lines))
    done = squall(mine, "plan", "features/shop/own.feature")
    assert (done.code, done.out) == (4, "")
    at = "squall: features/shop/own.feature"
    assert done.complaints()[:4] == [
        f'{at}:4: "a text happens" comes to a str; {MEANINGS["when"]}',
        f'{at}:5: "a claim happens" comes to a Calm; {MEANINGS["when"]}',
        f'{at}:6: "a class happens" comes to the class Lightning itself; {MEANINGS["when"]}',
        f'{at}:7: "a fault is claimed" comes to a Lightning; {MEANINGS["then"]}',
    ]
    assert done.complaints()[4].startswith(f"{at}:8: steps.own.Calm cannot be read back from a record: ")
    assert len(done.complaints()) == 5
