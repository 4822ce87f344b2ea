"""The settings of a run, as pytest options; ``squall run`` passes the same ones."""

import shlex
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from squall.pytest_plugin.selection import Selection
    from squall.run.wiring import RunPlace

RUNS = "runs"
# The embedded one: it needs no Docker, and harms nothing but what it started.
PLATFORM = "local"
# A repetition's part of a scenario's id: features/a.feature::Loss of payments[2of5].
REPETITION = "squall_repetition"


@dataclass(frozen=True, slots=True)
class Options:
    """Where to run, with what seed, how often, where records go, and which scenarios are meant."""

    platform: str
    context: str | None
    allowed: Sequence[str]
    runs: Path
    seed: int
    repeat: int
    repeats: Mapping[str, int]
    to_the_end: bool
    weakness: str | None
    workers: int
    selection: "Selection"

    @classmethod
    def of(cls, config: pytest.Config) -> Self:
        """Read them from pytest's configuration.

        Raises:
            Misuse: the expression of tags cannot be read.
        """
        # Not for everyone who has pytest start with this plugin.
        from squall.pytest_plugin.selection import Selection

        seed = config.getoption("squall_seed")
        return cls(
            platform=config.getoption("squall_platform") or config.getini("squall_platform") or PLATFORM,
            context=config.getoption("squall_context"),
            allowed=config.getoption("squall_allow_context"),
            runs=Path(config.getoption("squall_runs")),
            seed=time.time_ns() % 2**32 if seed is None else seed,
            repeat=config.getoption("squall_repeat"),
            repeats=dict(config.getoption("squall_repeat_one")),
            to_the_end=config.getoption("squall_to_the_end"),
            weakness=config.getoption("squall_weakness"),
            workers=config.getoption("squall_workers"),
            selection=Selection(
                promise=config.getoption("squall_promise"),
                name=config.getoption("squall_name"),
                tag=config.getoption("squall_tag"),
                system=config.getoption("squall_system"),
            ),
        )

    @property
    def where(self) -> "RunPlace":
        """Where scenarios are run."""
        from squall.run.wiring import RunPlace

        return RunPlace(self.platform, self.context, self.allowed, self.runs)

    def seed_of(self, item: pytest.Item) -> int:
        """Return the seed of one scenario: each repetition has its own, the first the one that was given."""
        return self.seed + _repetition(item)[0] - 1

    def repeat_of(self, title: str, tags: Collection[str]) -> int:
        """Return how often a scenario is run: as often as is said of it or of a promise that it proves, or of all."""
        names = [title, *(tag.removeprefix("promise.") for tag in tags if tag.startswith("promise."))]
        return max((self.repeats[name] for name in names if name in self.repeats), default=self.repeat)

    def command(self, item: pytest.Item) -> str:
        """Return the command that runs one scenario again as it was run."""
        scenario = item.nodeid
        number, of = _repetition(item)
        if of > 1:
            mark = repetition(number, of)
            scenario = scenario.replace(f"-{mark}]", "]").replace(f"[{mark}-", "[").replace(f"[{mark}]", "")
        context = ["--context", self.context] if self.context else []
        context += [word for name in self.allowed for word in ("--allow-context", name)]
        words = ["squall", "run", scenario, "--platform", self.platform, *context, "--seed", str(self.seed_of(item))]
        words += ["--weakness", self.weakness] if self.weakness is not None else []
        words += ["--workers", str(self.workers)] if self.workers > 1 else []
        return shlex.join([*words, "--to-the-end"] if self.to_the_end else words)


def repetition(number: int, of: int) -> str:
    """Return how a repetition is called in a scenario's id."""
    return f"{number}of{of}"


def add_to(parser: pytest.Parser) -> None:
    """Define the options."""
    group = parser.getgroup("squall", "squall: promises of runbooks, proven")
    parser.addini("squall_platform", f"where the system runs, unless --squall-platform says it (default: {PLATFORM})")
    group.addoption(
        "--squall-platform", default=None, metavar="NAME", help="where it runs: local, kind, kubernetes, compose"
    )
    group.addoption("--squall-context", default=None, metavar="NAME", help="the kubeconfig context (default: current)")
    group.addoption(
        "--squall-allow-context", default=[], action="append", metavar="NAME", help="a cluster that may be harmed"
    )
    group.addoption("--squall-runs", default=RUNS, metavar="DIR", help="where run folders are made (default: runs)")
    group.addoption("--squall-seed", default=None, type=int, metavar="N", help="chooses targets again as a run did")
    group.addoption("--squall-repeat", default=1, type=_count, metavar="N", help="runs each scenario N times")
    group.addoption(
        "--squall-repeat-one", default=[], action="append", type=_named_count, metavar="NAME=N",
        help="runs the scenario of that title, or those that prove that promise, N times; may be repeated",
    )  # fmt: skip
    group.addoption(
        "--squall-to-the-end",
        action="store_true",
        help="observes for the full planned time even after every claim is decided",
    )
    group.addoption("--squall-weakness", default=None, metavar="NAME", help="runs the twin that has this weakness")
    group.addoption("--squall-workers", default=1, type=_count, metavar="N", help="sends the load from N processes")
    group.addoption("--squall-promise", default=None, metavar="ID", help="only scenarios that prove this promise")
    group.addoption("--squall-name", default=None, metavar="TEXT", help="only scenarios whose title holds this text")
    group.addoption(
        "--squall-tag", default=None, metavar="TAGS", help="only scenarios with these tags: kind and not slow"
    )
    group.addoption("--squall-system", default=None, metavar="NAME", help="only scenarios about this system")


def told(given: Mapping[str, object], allowed: Sequence[str] = ()) -> list[str]:
    """Return options as words for pytest: those that were given a value, and the contexts that may be harmed."""
    words = [f"{option}={value}" for option, value in given.items() if value is not None]
    return [*words, *(f"--squall-allow-context={name}" for name in allowed)]


def selecting(promise: str | None, name: str | None, tag: str | None, system: str | None) -> Sequence[str]:
    """Return the options that select, as words for pytest."""
    given = ("promise", promise), ("name", name), ("tag", tag), ("system", system)
    return [f"--squall-{what}={value}" for what, value in given if value is not None]


def _repetition(item: pytest.Item) -> tuple[int, int]:
    callspec = getattr(item, "callspec", None)
    number, of = callspec.params.get(REPETITION, (1, 1)) if callspec is not None else (1, 1)
    return int(number), int(of)


def _count(text: str) -> int:
    # argparse says of a ValueError only that the value is invalid.
    number = int(text)
    if not 1 <= number <= 1000:
        raise ValueError(text)
    return number


def _named_count(text: str) -> tuple[str, int]:
    name, equals, number = text.rpartition("=")
    if not (name and equals):
        raise ValueError(text)
    return name, _count(number)
