"""`squall power` in a project on the simulated platform, whose weakness is the one that is deployed."""

import json
from pathlib import Path

import pytest

from tests.commands.projects import SIMULATED, Done, simulated_project, squall

pytestmark = pytest.mark.slow
WEAK = '''

class OneInstance(SimulatedPlatform):
    """Has one instance, and a slow start, where that weakness is deployed; another weakness changes nothing."""

    def deploy(self, weaknesses, tell):
        if "one instance" in weaknesses:
            clock, run = self.clock, self._run
            self.__init__("api", clock, Weakness(replicas=1, restart=6))
            self.clock, self._run = clock, run


def platform(name, system, context, allowed):
    clock = VirtualClock()
    simulated = OneInstance("api", clock)
    simulated.clock = clock
    return simulated


squall.run.wiring.platform = platform
'''
FEATURE = """\
Feature: crashes
  @promise.E1
  Scenario: One crashes
    Given "shop" is in its steady state
    When a pod of "api" crashes
    Then at least 99% of requests succeed in the 20s after
    And requests fail for no longer than 2s
"""
BREAKS = "requests fail for no longer than 2s"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = simulated_project(tmp_path / "shop")
    (folder / "conftest.py").write_text(SIMULATED + WEAK)
    for feature in (folder / "features").rglob("*.feature"):
        feature.unlink()
    (folder / "features" / "crashes.feature").write_text(FEATURE)
    return folder


def with_twin(folder: Path, weakness: str, breaks: str = BREAKS) -> None:
    (system,) = folder.glob("scenarios/*/system.yaml")
    text = system.read_text().replace(
        "      one instance: {", "      no harm: {api: {count: 3}}\n      one instance: {"
    )
    system.write_text(f"{text}\ntwins:\n  - {{scenario: One crashes, weakness: {weakness}, breaks: {breaks}}}\n")


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "runs" / "power.jsonl").read_text().splitlines()]


def row(done: Done, begin: str) -> str:
    return next(line for line in done.out.splitlines() if line.startswith(begin))


def test_the_healthy_system_holds_its_twin_breaks_and_neither_is_run_twice(shop: Path) -> None:
    with_twin(shop, "one instance")
    done = squall(shop, "power")
    assert done.code == 0, done.out + done.errors
    assert [(each["verdict"], each["weakness"]) for each in lines(shop)] == [("HELD", ""), ("BROKEN", "one instance")]
    assert "1 of 1 scenarios HELD on the healthy system" in done.out
    assert "1 of 1 weaknesses found by the claim that is about them" in done.out
    again = squall(shop, "power")
    assert (again.code, len(lines(shop))) == (0, 2)
    assert "HELD at this commit already" in again.out
    assert squall(shop, "power", "--show").code == 0
    assert squall(shop, "power", "--again", "--shard", "2/2").code == 0
    assert [each["weakness"] for each in lines(shop)] == ["", "one instance", "one instance"]


def test_a_twin_runs_by_the_command_that_its_result_names(shop: Path) -> None:
    with_twin(shop, "one instance")
    squall(shop, "power")
    assert str(lines(shop)[1]["command"]).endswith("--weakness 'one instance'")
    done = squall(shop, "run", "features/crashes.feature", "--weakness", "one instance")
    assert (done.code, "one instance" in done.out) == (1, True), done.out + done.errors


def test_a_weakness_that_nothing_finds_is_told_and_is_exit_code_1(shop: Path) -> None:
    with_twin(shop, "no harm")
    done = squall(shop, "power")
    assert done.code == 1, done.out + done.errors
    assert "HELD, not as promised" in done.out
    assert f"NOT by: {BREAKS}" in done.out
    assert "0 of 1 weaknesses found" in done.out


@pytest.mark.parametrize(
    ("weakness", "breaks", "says"),
    [
        ("thunder", BREAKS, 'there is no weakness "thunder" (known: no harm, one instance)'),
        ("one instance", "the sun shines", '"One crashes" does not claim that the sun shines'),
    ],
)
def test_a_twin_of_no_meaning_is_one_line(shop: Path, weakness: str, breaks: str, says: str) -> None:
    with_twin(shop, weakness, breaks)
    done = squall(shop, "power")
    assert (done.code, len(done.complaints())) == (4, 1), done.errors
    assert says in done.errors


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_a_share_of_no_meaning_is_one_line(shop: Path, shard: str) -> None:
    done = squall(shop, "power", f"--shard={shard}")
    assert (done.code, "write i/n" in done.errors) == (4, True), done.errors


def test_an_unknown_weakness_is_refused_by_run(shop: Path) -> None:
    done = squall(shop, "run", "--weakness", "thunder")
    assert (done.code, 'has no weakness "thunder"' in done.errors) == (4, True), done.errors


def test_nothing_to_show_is_said(shop: Path) -> None:
    done = squall(shop, "power", "--show")
    assert (done.code, "there is no trial" in done.errors) == (4, True), done.errors
