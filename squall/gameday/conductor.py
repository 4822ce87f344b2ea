"""The conductor of a drill's run: its harm waits for a person's GO, within the drill's own limits."""

from collections.abc import Callable, Sequence

from squall.errors import CalledOff
from squall.gameday.board import Board
from squall.gameday.drill import Drill, DrillStep
from squall.instances import Instance
from squall.run.scenario import Scenario
from squall.run.schedule import ScheduledFault


class DrillConductor:
    """Of one scenario."""

    def __init__(self, drill: Drill, step: DrillStep, scenario: Scenario, board: Board) -> None:
        self._drill, self._scenario, self._board = drill, scenario, board
        self.holds = step.hold

    def may_begin(self) -> bool:
        """Ask for GO, and say whether it was given.

        Raises:
            CalledOff: somebody said NO-GO.
        """
        self._board.ask()
        if (answer := self._board.answer()) is None:
            return False
        said, who = answer
        if said == "no-go":
            raise CalledOff(f"NO-GO by {who}")
        return True

    def exceeds(
        self, schedule: Sequence[ScheduledFault], among: Sequence[Instance], wanted: Callable[[str], int]
    ) -> str:
        """Hold a schedule against the drill's limits."""
        return self._drill.limits.exceeds(self._scenario.system, schedule, among, wanted)

    def why_interrupted(self) -> str:
        """Say who aborted the drill, wherever he is."""
        self._board.interrupted()
        return self._board.why_aborted()
