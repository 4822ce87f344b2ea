"""What an entry of a journal may have undone: a journal is a file, and whoever can write it must gain nothing by it."""

from pathlib import Path
from typing import Any

import pytest

from squall.agent.harms.registry import ORDERS
from squall.agent.linux.cgroups import OWN, is_control_group
from squall.agent.linux.nft_table import removed
from squall.agent.service.journal import Journal
from squall.agent.service.recovery import recover


def quota(path: Path, **changes: object) -> dict[str, Any]:
    return {"quotas": [{"path": str(path), "unified": True, "file": "cpu.max", "was": "max 100000",
                        "wanted": "5000 100000", **changes}]}  # fmt: skip


ORDER = "LittleCpu"


def recovered(journals: Path, entry: dict[str, Any]) -> str:
    journal = Journal(journals / "dead.jsonl")
    journal.open(1, ORDER, entry)
    journal.end(remove=False)
    return " ".join(recover(journals, journals / "none", ORDERS))


@pytest.mark.parametrize("name", ["cpu.max", "cpu.cfs_quota_us"])
def test_a_quota_is_put_back_only_in_a_control_group(tmp_path: Path, name: str) -> None:
    """Any file that holds what is looked for was overwritten: an empty one, for instance."""
    (tmp_path / "project").mkdir()
    victim = tmp_path / "project" / name
    victim.write_text("5000 100000")
    (tmp_path / "journals").mkdir()
    said = recovered(tmp_path / "journals", quota(victim.parent, file=name))
    assert f"{victim.parent} is no control group" in said
    assert victim.read_text() == "5000 100000"


@pytest.mark.parametrize("change", [{"file": "__init__.py"}, {"file": "../x"}, {"was": "import os"}, {"wanted": ""}])
def test_nothing_but_a_quota_is_written(tmp_path: Path, change: dict[str, str]) -> None:
    assert "is no quota of a CPU" in recovered(tmp_path, quota(OWN, **change))


def test_what_is_a_control_group_is_known_by_its_file_system(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").write_text("")
    assert not is_control_group(tmp_path)
    assert is_control_group(tmp_path / "gone")
    known = [path for path in (OWN, OWN / "cpu", OWN / "memory") if (path / "cgroup.procs").exists()]
    assert all(map(is_control_group, known))
    assert known, "no control groups are mounted here"


@pytest.mark.parametrize("name", ["filter", "nat", "", "kube-proxy", "squall", "xsquall_1"])
def test_no_table_of_others_is_removed(name: str) -> None:
    with pytest.raises(ValueError, match="is not one that squall makes"):
        removed(Path("/proc"), 1, name)
