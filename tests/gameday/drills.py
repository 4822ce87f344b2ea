"""Drills of the demo's system, boards without a run, and pages of both; for the tests of a game day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from squall.claims.heals_within import HealsWithin
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.gameday.board import Board
from squall.gameday.course import Course
from squall.gameday.drill import Drill
from squall.gameday.log import DrillFolder
from squall.gameday.page_server import LOOPBACK, DrillPage, PageServer, Tokens
from squall.gameday.view import Views
from squall.run.scenario import Promise, Scenario
from squall.run.wiring import RunPlace
from squall.system.system import find_system

ROOT = Path(__file__).parents[2]
DRILL = """\
name: A bad Tuesday
platform: local
abort: {success_below: 90%, over: 4s}
scenarios:
  - {feature: features/demo/demo.feature, scenario: One crashes}
  - {feature: features/demo/demo.feature, scenario: All crash}
"""


def scenario(title: str = "One crashes") -> Scenario:
    system = find_system("quantum-rerank", ROOT)
    promises = [
        Promise('"rerank-api" heals by itself within 30s', HealsWithin("rerank-api", 30)),
        Promise("at least 99% of requests succeed in the 60s after", SuccessShare(99, 60)),
    ]
    return Scenario(title, "feature", system, Crash("rerank-api"), promises, rate=50, seed=1)


@dataclass
class Table:
    """A drill that is not run: who sits around it may talk."""

    base: Path
    text: str = DRILL
    interrupted: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True)
        file = self.base / "drill.yaml"
        file.write_text(self.text)
        self.drill, _ = Drill.read(file)
        self.folder = DrillFolder.create(self.base / "drills", self.drill, file, self.base / "runs")
        self.board = Board(self.drill, self.folder, interrupts=lambda: self.interrupted.append(True))
        where = RunPlace("local", None, (), self.base / "runs")
        scenarios = [scenario(step.scenario) for step in self.drill.scenarios]
        self.course = Course(self.drill, scenarios, where, self.folder, self.board)
        self.tokens = Tokens("conductor's", "responder's")

    @contextmanager
    def served(self, port: int = 0) -> Iterator[str]:
        """Serve its page at a port (0: any that is free), and give its address."""
        views = Views(self.course)
        server = PageServer(DrillPage(self.board, views, self.tokens, LOOPBACK), views, "127.0.0.1", port)
        server.start()
        try:
            yield f"http://127.0.0.1:{server.port}/"
        finally:
            server.stop()
