from pathlib import Path

import pytest

from cluster.cache import Cache
from cluster.compose import new_enough, obtain


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v2.40.3\n", True), ("2.24.4+ds1", True), ("v2.24.3", False), ("1.29.2", False), ("", False), ("dev", False)],
)
def test_one_that_cannot_take_back_what_a_file_says_is_too_old(version: str, enough: bool) -> None:
    assert new_enough(version) is enough


def test_one_that_is_installed_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SQUALL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "docker").write_text("#!/bin/sh\necho v2.30.0\n")
    (tmp_path / "docker").chmod(0o755)
    obtain(Cache.of_user())
    assert "Docker Compose v2.30.0 is installed" in capsys.readouterr().out
