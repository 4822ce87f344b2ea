"""What a run is told from outside, as pytest options; ``squall run`` passes the same ones."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

RUNS = "runs"
PLATFORM = "kind"


@dataclass(frozen=True, slots=True)
class Options:
    """Where to run, with what seed, where records go, and whether to stop short of harm."""

    platform: str
    context: str | None
    runs: Path
    seed: int
    promise: str | None

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """Read them from pytest's configuration."""
        seed = config.getoption("squall_seed")
        return cls(
            platform=config.getoption("squall_platform"),
            context=config.getoption("squall_context"),
            runs=Path(config.getoption("squall_runs")),
            seed=time.time_ns() % 2**32 if seed is None else seed,
            promise=config.getoption("squall_promise"),
        )

    def command(self, item: pytest.Item) -> str:
        """Return the command that runs one scenario again as it was run."""
        context = f" --context {self.context}" if self.context else ""
        return f"squall run '{item.nodeid}' --platform {self.platform}{context} --seed {self.seed}"


def add_to(parser: pytest.Parser) -> None:
    """Define the options."""
    group = parser.getgroup("squall", "squall: promises of runbooks, proven")
    group.addoption("--squall-platform", default=PLATFORM, metavar="NAME", help="where the system runs (default: kind)")
    group.addoption("--squall-context", default=None, metavar="NAME", help="the kubeconfig context (default: current)")
    group.addoption("--squall-runs", default=RUNS, metavar="DIR", help="where run folders are made (default: runs)")
    group.addoption("--squall-seed", default=None, type=int, metavar="N", help="chooses targets again as a run did")
    group.addoption("--squall-promise", default=None, metavar="ID", help="only scenarios that prove this promise")
