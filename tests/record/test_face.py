"""What packages offer by name, and what a process pays that only writes samples."""

import subprocess
import sys
from types import ModuleType

import pytest

import squall.measure
import squall.record
import squall.testing


@pytest.mark.parametrize("package", [squall.measure, squall.record, squall.testing], ids=lambda it: it.__name__)
def test_each_name_of_a_face_is_there_and_no_other(package: ModuleType) -> None:
    assert [getattr(package, name).__name__ for name in package.__all__] == package.__all__
    with pytest.raises(AttributeError, match="nonsense"):
        package.nonsense  # noqa: B018


@pytest.mark.parametrize("module", ["squall.record", "squall.record.samples", "squall.probes.prober"])
def test_who_only_writes_samples_does_not_load_pydantic(module: str) -> None:
    code = f"import sys, {module}; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
