"""Which scenarios of QuantumRerank are run on both platforms, and what each came to on one."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_bdd.feature import get_feature

from squall.record.folder import RunFolder
from squall.report.wording import verdict

ROOT = Path(__file__).parents[2]
# Its promises; of the runs that prove nothing those of its own system.
FEATURES = ("features/quantum_rerank", "tests/kind/project/features")
SYSTEM = '"quantum-rerank"'
LONGEST = 400
SKIPPED, NOT_RUN = "skipped", "not run"


@dataclass(frozen=True, slots=True)
class Place:
    """A platform, and the cluster that it is in."""

    platform: str
    context: str | None = None

    @property
    def options(self) -> list[str]:
        """What the command is told."""
        return ["--platform", self.platform, *(["--context", self.context] if self.context else [])]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario and its outcome on each platform: a verdict with its cause, ``skipped``, or what went wrong."""

    title: str
    local: str
    kind: str

    @property
    def compared(self) -> bool:
        """Whether both platforms can run it."""
        return not {SKIPPED, NOT_RUN} & {self.local, self.kind}

    @property
    def same(self) -> bool:
        """Whether both came to the same, if both can run it."""
        return not self.compared or self.local == self.kind


def chosen(root: Path = ROOT, text: str = "") -> Iterator[tuple[Path, str]]:
    """Yield file and title of each scenario of the system whose title has the text in it."""
    for path in (path for folder in FEATURES for path in sorted((root / folder).glob("*.feature"))):
        for title, scenario in get_feature(str(path.parent), path.name).scenarios.items():
            if text in title and any(SYSTEM in step.name for step in scenario.steps):
                yield path, title


def compared(path: Path, title: str, local: Place, kind: Place) -> Row:
    """Run one scenario on local, and on kind too if local can run it."""
    first = outcome(path, title, local)
    return Row(title, first, NOT_RUN if first == SKIPPED else outcome(path, title, kind))


def outcome(path: Path, title: str, place: Place) -> str:
    """Run one scenario on a platform, as a user would, and return what it came to."""
    with tempfile.TemporaryDirectory() as base:
        command = [sys.executable, "-m", "squall", "run", f"{path}::{title}", *place.options, "--runs", base]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired:
            return f"no end after {LONGEST} s"
        folders = [RunFolder(folder) for folder in sorted(Path(base).glob("*/"))]
        if folders and folders[-1].judged:
            return _said(folders[-1], done.returncode)
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        if any("nothing was run: all 1 scenarios were skipped" in line for line in said):
            return SKIPPED
        return f"exit code {done.returncode}: {said[-1] if said else 'nothing said'}"


def _said(folder: RunFolder, code: int) -> str:
    judgement = folder.judgement()
    return verdict(judgement.headline) + (" and something was not undone" if code == 3 else "")


def table(rows: list[Row]) -> str:
    """Return the rows as a table, with what differs marked."""
    heads = ("scenario", "local", "kind", "same?")
    cells = [heads, *((r.title, r.local, r.kind, ("yes" if r.same else "NO") if r.compared else "-") for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells)
