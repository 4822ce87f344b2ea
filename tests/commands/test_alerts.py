"""squall alerts: a system's alert table as a file of rules, for whoever has a Prometheus."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from squall.commands.alerts import command
from squall.errors import Misuse

ROOT = Path(__file__).parents[2]


def rules(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(ROOT)
    return CliRunner().invoke(command, ["quantum-rerank"], catch_exceptions=False).output


def test_the_table_is_printed_whole_and_says_by_how_much_it_is_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    text = rules(monkeypatch)
    assert "divided by 10; these are whole" in text
    (group,) = yaml.safe_load(text)["groups"]
    errors = next(rule for rule in group["rules"] if rule["alert"] == "errors above 10%")
    assert (errors["for"], errors["labels"]["severity"]) == ("120s", "P0")


def test_a_system_without_alerts_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(Misuse, match=r"system\.yaml: chest-xray has no alerts"):
        CliRunner().invoke(command, ["chest-xray"], catch_exceptions=False)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
def test_promtool_takes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rules(monkeypatch))
    checked = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
