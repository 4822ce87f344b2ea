"""A run whose record cannot be written: it ends with what stands, or could not be noted as undone."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from squall.errors import HarnessFailed, NotUndone
from squall.faults.crash import Crash
from squall.run import wiring
from squall.run.experiment import Experiment
from squall.run.scenario import Scenario
from squall.run.wiring import RunPlace, carry_out
from squall.safety.undo_log import Undo, UndoLog
from squall.system.system import System
from squall.testing.platform import SimulatedPlatform, VirtualClock

Q = System.read(Path(__file__).parents[2] / "scenarios" / "quantum_rerank" / "system.yaml")


@pytest.mark.parametrize("stands", [True, False])
def test_a_full_disk_ends_a_run_with_what_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands: bool) -> None:
    def run(experiment: Experiment) -> None:
        if stands:
            UndoLog(experiment._folder.undo).open(Undo("cordon", "the cordon of node-1"))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Experiment, "run", run)
    monkeypatch.setattr(wiring, "platform", lambda *_: SimulatedPlatform("rerank-api", VirtualClock()))
    scenario, place = (
        Scenario("full", "feature", Q, Crash("rerank-api"), [], rate=50, seed=1),
        RunPlace("kind", None, (), tmp_path),
    )
    with pytest.raises(NotUndone if stands else HarnessFailed, match="No space left on device") as failure:
        carry_out(scenario, place, lambda folder: nullcontext(lambda text: None))
    assert ("not noted as undone: the cordon of node-1: make room, squall undo" in str(failure.value)) is stands
