"""The stolen time of this machine's processors, from the text that the kernel writes and from the kernel."""

from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from squall.run.heartbeat import Processors

STAT = "cpu  1000 20 300 4000 50 6 7 617 90 10\ncpu0 500 10 150 2000 25 3 3 308 45 5\nintr 1\n"


def test_a_guests_time_is_not_counted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stat").write_text(STAT)
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    found = Processors.read()
    assert found is not None
    assert (found.stolen, found.counted) == pytest.approx((6.17, 60.0))


def test_a_kernel_that_counts_none_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Times = namedtuple("Times", ["user", "system", "idle"])  # noqa: PYI024 - as psutil makes it outside Linux
    monkeypatch.setattr(psutil, "cpu_times", lambda: Times(1.0, 2.0, 3.0))
    assert Processors.read() is None


def test_this_machine_counts_on() -> None:
    before, after = Processors.read(), Processors.read()
    assert before is not None
    assert after is not None
    assert 0 <= before.stolen <= after.stolen <= after.counted
    assert before.counted <= after.counted
