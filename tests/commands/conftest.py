from pathlib import Path

import pytest

from squall.testing.platform import Weakness
from tests.commands.projects import simulated_project, stored_run


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("runs")
    weaknesses = {
        "held": Weakness(),
        "broken": Weakness(replicas=1, restart=6),
        "no effect": Weakness(immune=True),
        "not steady": Weakness(errors=0.05),
    }
    return {name: stored_run(base / name, weakness).path for name, weakness in weaknesses.items()}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated_project(tmp_path_factory.mktemp("projects") / "shop")
