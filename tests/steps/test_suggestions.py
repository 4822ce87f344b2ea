"""What nobody has tried yet is named, and each scenario that is written for it can be planned."""

from pathlib import Path

import pytest

from squall.steps.suggestions import cells, gherkin
from squall.system.system import find_system
from tests.commands.projects import ROOT, invoked, squall


@pytest.mark.parametrize("platform", ["local", "kind"])
def test_every_failure_that_is_written_reads_back_as_covered(platform: str) -> None:
    system = find_system("quantum-rerank", ROOT)
    found = cells(system, platform, [])
    assert {cell.service for cell in found} >= {"rerank-api", "postgres", "redis"}
    text = gherkin(system, found)
    assert text.count("Scenario: ") == len({(cell.service, cell.failure.sentence) for cell in found})
    assert all(cell.claim in text for cell in found)
    assert ("a node of" in text) == (platform == "kind")


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["local", "kind"])
def test_every_scenario_that_is_written_is_planned(tmp_path: Path, platform: str) -> None:
    shop = tmp_path / "shop"
    assert invoked("init", str(shop), "--platform", platform).exit_code == 0
    before = squall(shop, "suggest", "shop")
    assert before.code == 0, before
    assert '✓ "api" heals by itself within 30s  [HealsWithin: by One of three crashes' in before.out
    written = squall(shop, "suggest", "shop", "--gherkin").out
    (shop / "features" / "shop" / "suggested.feature").write_text(written)
    if platform == "local":  # On kind a plan asks for a cluster.
        planned = squall(shop, "plan", "features/shop/suggested.feature")
        assert planned.code == 0, planned
        assert planned.out.count("run it") == written.count("Scenario: ")
    assert squall(shop, "suggest", "shop", "--gherkin").out == ""


def test_a_platform_or_system_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    assert invoked("init", str(shop)).exit_code == 0
    for words in (["shop", "--platform", "kind"], ["nobody"]):
        done = squall(shop, "suggest", *words)
        assert (done.code, len(done.complaints())) == (4, 1), done
