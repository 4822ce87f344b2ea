from pathlib import Path

import pytest

from tests.commands.projects import invoked


@pytest.fixture(scope="session")
def my_system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project of the tutorial, as ``squall init`` makes it."""
    folder = tmp_path_factory.mktemp("tutorial") / "my-system"
    assert invoked("init", str(folder)).exit_code == 0
    return folder
