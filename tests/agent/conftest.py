from pathlib import Path

import pytest

from tests.agent.proc_folder import UID, ProcFolder


@pytest.fixture
def proc(tmp_path: Path) -> ProcFolder:
    folder = tmp_path / "proc"
    folder.mkdir()
    (folder / "uptime").write_text("1 1")
    return ProcFolder(folder)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    (folder / f"quantum-rerank_rerank-api-x_{UID}").mkdir(parents=True)
    return folder
