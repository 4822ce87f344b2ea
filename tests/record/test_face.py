"""What ``squall.record`` offers by name, and what a process pays that only writes samples."""

import subprocess
import sys

import pytest

import squall.record


@pytest.mark.parametrize("name", squall.record.__all__)
def test_each_name_of_the_face_is_there(name: str) -> None:
    assert getattr(squall.record, name).__name__ == name


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        squall.record.nonsense  # noqa: B018


@pytest.mark.parametrize("module", ["squall.record", "squall.record.samples", "squall.probes.prober"])
def test_who_only_writes_samples_does_not_load_pydantic(module: str) -> None:
    code = f"import sys, {module}; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
