"""What a struck run has left in a kind cluster, and whether the cluster has calmed down so that another can be run."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from squall.errors import SquallError
from squall.safety.audit import compare
from squall.safety.undo_log import UndoLog
from tests.crash.cases import Case
from tests.crash.cluster_ground import CLUSTER, SYSTEM, ClusterGround
from tests.crash.local_audit import processes

# Nodes that were stopped are heard of again, controllers take over from those that lost their lease, pods get ready.
CALM_WITHIN = 180.0
LOOK_EVERY = 1.0


class ClusterAudit:
    """Of one run of a case on kind; what is of it on this machine is looked for, too."""

    def __init__(self, case: Case) -> None:
        assert case.context is not None
        self._ground = ClusterGround(case.system(), case.context)
        self._before: Mapping[str, str] = {}

    def before(self) -> None:
        """Wait until nothing disturbs the cluster, and note how it is then."""
        self._before = self._calm((*CLUSTER, SYSTEM))

    def outlived(self, log: UndoLog, runs: Path) -> Iterator[str]:
        """Yield nothing: the system outlives every run, and is looked at when all is undone."""
        yield from ()

    def goes_on(self) -> None:
        """Wait until the cluster works as a cluster, whatever of its systems is harmed."""
        self._calm(CLUSTER)

    def left(self, runs: Path, run: str) -> Iterator[str]:
        """Yield what is not as it was before, once all has had its time to be."""
        yield from processes(runs)
        deadline = time.monotonic() + CALM_WITHIN
        while (found := self._differing(run)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        yield from found

    def _calm(self, names: Sequence[str]) -> Mapping[str, str]:
        deadline = time.monotonic() + CALM_WITHIN
        while True:
            said, fields = self._read()
            if not (disturbed := said or [f"{name}: {fields[name]}" for name in names if fields[name]]):
                return fields
            assert time.monotonic() < deadline, f"the cluster does not calm down: {disturbed}"
            time.sleep(LOOK_EVERY)

    def _differing(self, run: str) -> Sequence[str]:
        said, now = self._read()
        difference = compare(self._before, now, run)
        return said or [*difference.leftovers, *difference.changed]

    def _read(self) -> tuple[list[str], Mapping[str, str]]:
        try:
            return [], dict(self._ground.fields())
        except SquallError as error:
            return [str(error)], {}
