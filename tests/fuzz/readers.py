"""What reads files that somebody else may have written: each is given any bytes, and either reads or refuses them.

A refusal is the reader's documented error, in one line. Anything else that is raised is a fault, and so is an undo that
these bytes bring about: nothing in them is signed.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.agent.expiry.marks import mark_text
from squall.agent.service.journal import Journal
from squall.agent.service.recovery import recover
from squall.claims.judge import judge
from squall.errors import Misuse, NotUndone
from squall.platforms.kubernetes.marks.mark import Mark, unmarking_patch
from squall.process.identity import owner
from squall.record.columns import load
from squall.record.folder import RunFolder
from squall.record.samples import SampleReader
from squall.safety.arguments import problem
from squall.safety.undo_log import UndoLog, registered
from squall.steps.binding import _parsed
from squall.steps.document import Document
from squall.system.system import System

Read = Callable[[bytes], None]
FIRST = Path(__file__).parent / "corpus"


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder for one reading."""
    with tempfile.TemporaryDirectory(prefix="squall-fuzz-") as name:
        yield Path(name)


def _refused(call: Callable[[], object]) -> bool:
    """Call, and say whether it refused what it was given."""
    try:
        call()
    except Misuse:
        return True
    return False


def samples(data: bytes) -> None:
    """Read a log of samples in both ways, which agree on what is one."""
    with folder() as place:
        path = place / "requests.sqb"
        path.write_bytes(data)
        refused = _refused(lambda: list(load(path)))
        if not refused and not _refused(lambda: SampleReader(path).read()):
            assert len(load(path)) == len(SampleReader(path).read())


def log_of_undos(data: bytes) -> None:
    """Read an undo log, and replay it: nobody has signed it, so that nothing is undone."""
    with folder() as place:
        (place / "undo.jsonl").write_bytes(data)
        log = UndoLog(place / "undo.jsonl")
        contents = log.contents()
        assert not contents.open, f"somebody else's entry counts as ours: {contents.open}"
        assert all(isinstance(outcome, NotUndone) for _, outcome in log.replay())
        assert (place / "undo.jsonl").read_bytes() == data


def arguments(data: bytes) -> None:
    """Give what stands in a log as arguments to each kind: refused or taken, and never raised at."""
    with folder() as place:
        (place / "undo.jsonl").write_bytes(data)
        for undo in UndoLog(place / "undo.jsonl").contents().foreign.values():
            for form in registered().values():
                for foreign in (False, True):
                    problem(form, undo.args, foreign)


def mark(data: bytes) -> None:
    """Read an object's annotation as a mark, and make of it what would undo it."""
    text = data.decode(errors="replace")
    found: dict[str, Any] = {
        "metadata": {"uid": "u", "annotations": {"squall.dev/harm": text}},
        "spec": {"replicas": 0},
    }
    assert mark_text(found) == text
    with suppress(ValueError):
        read = Mark.parsed(text)
        patch, _ = unmarking_patch(found, read.changes)
        assert patch[0] == {"op": "test", "path": "/metadata/uid", "value": "u"}


class _Harmless:
    """Every harm of the agent, in whose place nothing is undone."""

    def undo(self, entry: Mapping[str, Any]) -> str:
        return f"undone: {sorted(map(str, entry))}"


def journal(data: bytes) -> None:
    """Read an agent's journal, and have its successor undo what stands in it."""
    with folder() as place:
        (place / "dead.jsonl").write_bytes(data)
        read = Journal(place / "dead.jsonl")
        read.open_entries()
        read.answers()
        read.unreadable()
        read.end(remove=False)
        names: Any = {name: _Harmless() for name in ("freeze", "kill", "cpu", "Freeze", "LittleCpu")}
        recover(place, place / "none", names)


def timeline(data: bytes) -> None:
    """Read a timeline under a good plan, and judge it."""
    with folder() as place:
        (place / "plan.json").write_bytes((FIRST / "plan" / "stored").read_bytes())
        (place / "timeline.jsonl").write_bytes(data)
        _refused(lambda: judge(RunFolder(place).load()))


def plan(data: bytes) -> None:
    """Read a plan over a good timeline, and judge it."""
    with folder() as place:
        (place / "plan.json").write_bytes(data)
        (place / "timeline.jsonl").write_bytes((FIRST / "timeline" / "stored").read_bytes())
        _refused(lambda: judge(RunFolder(place).load()))


def harness(data: bytes) -> None:
    """Read who holds a run folder."""
    with folder() as place:
        (place / "harness.json").write_bytes(data)
        owner(place)


def feature(data: bytes) -> None:
    """Read a feature file as text, and as pytest-bdd does, before its sentences mean anything."""
    with folder() as place:
        (place / "a.feature").write_bytes(data)
        document = Document.read(place / "a.feature")
        list(document.sentences())
        _parsed(document)
        assert all("a.feature:" in line for _, line in document.problems)


def system(data: bytes) -> None:
    """Read a system file."""
    with folder() as place:
        (place / "system.yaml").write_bytes(data)
        _refused(lambda: System.read(place / "system.yaml"))


READERS: Mapping[str, Read] = {
    "samples": samples, "undo_log": log_of_undos, "arguments": arguments, "mark": mark, "journal": journal,
    "timeline": timeline, "plan": plan, "harness": harness, "feature": feature, "system": system,
}  # fmt: skip


def corpus(name: str) -> list[Path]:
    """Return what is kept of a reader's inputs: good ones, and those that once were a fault."""
    return sorted((FIRST / name).iterdir())
