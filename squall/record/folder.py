"""The run folder: what was planned, done and seen. Written while the run goes on; judged later.

    plan.json        what was meant: targets, undo, limits, seed, versions, tuned values (``Plan``)
    timeline.jsonl   what happened, one ``Event`` a line, in the order of writing   (``squall.record.line``)
    requests.sqb     the load's log        probes.sqb   the prober's log      (``squall.record.samples``)
    undo.jsonl       the undo log          (``squall.safety.undo_log``)
    findings.json    the judgement         figure.svg   the picture

What looks like a secret is taken out of each when it is written (``squall.writing.redact``), but for the arguments of
the undo log, which an undo needs; they name where a secret is kept, and hold none.

All times ``t`` are CLOCK_MONOTONIC seconds of the harness's host; the plan's anchor places them in wall time.
Nothing here judges.
"""

import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changed
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from squall.errors import Misuse
from squall.record import line
from squall.record.event import Event, PhaseBegan, RunVoided
from squall.record.judgement import JUDGEMENT, Judgement
from squall.record.plan import SCHEMA, Plan, SchemaVersion
from squall.verdict import Cause
from squall.writing.private import append_line, replace
from squall.writing.redact import without_secrets

if TYPE_CHECKING:
    from squall.record.columns import Samples

T = TypeVar("T")
E = TypeVar("E", bound=Event)

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_VERSION: TypeAdapter[SchemaVersion] = TypeAdapter(SchemaVersion)


@dataclass(frozen=True)
class Record:
    """A run as it was seen, in memory: what claims judge and reports draw.

    ``requests`` and ``probes`` are ordered by intended time.
    """

    plan: Plan
    timeline: Sequence[Event]
    requests: "Samples"
    probes: "Samples"

    def events(self, *kinds: type[E], who: str | None = None) -> Iterator[E]:
        """Yield the events of those kinds in the order of their time."""
        return (event for event in self._ordered if isinstance(event, kinds) and (who is None or event.who == who))

    @cached_property
    def _ordered(self) -> Sequence[Event]:
        return sorted(self.timeline, key=lambda event: event.t)

    def until(self, moment: float) -> Self:
        """Return what there was before a moment: its events, and the samples that were meant to leave before it."""
        timeline = [event for event in self.timeline if event.t < moment]
        requests, probes = (each.between(-math.inf, moment) for each in (self.requests, self.probes))
        return with_changed(self, timeline=timeline, requests=requests, probes=probes)

    def phase(self, name: str) -> float | None:
        """Return when a phase began, or None if the run did not get there."""
        return next((e.t for e in self.events(PhaseBegan) if e.name == name), None)


class RunFolder:
    """One run on disk. Methods that append may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Event], None]] = []
        # What was read last, and of which files.
        self._loaded: tuple[object, Record] | None = None

    @classmethod
    def create(cls, base: Path, scenario: str) -> Self:
        """Make a new folder ``<time>-<scenario>`` under ``base``; a taken name gets a number."""
        return cls(new_folder(base, slug(scenario), "a run folder"))

    @property
    def requests(self) -> Path:
        """The load's log."""
        return self.path / "requests.sqb"

    @property
    def probes(self) -> Path:
        """The prober's log."""
        return self.path / "probes.sqb"

    @property
    def undo(self) -> Path:
        """The undo log."""
        return self.path / "undo.jsonl"

    @property
    def begun(self) -> bool:
        """Whether there is a plan, without which nothing was done."""
        return (self.path / "plan.json").exists()

    @property
    def judged(self) -> bool:
        """Whether there is a judgement."""
        return (self.path / "findings.json").exists()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` with every event, in the thread that writes it."""
        self._listeners.append(listener)

    def write_plan(self, plan: Plan) -> None:
        """Write ``plan.json``; written again when targets become known."""
        replace(self.path / "plan.json", _safe(_PLAN.dump_json(plan, indent=2)))

    def write_judgement(self, judgement: Judgement) -> None:
        """Write ``findings.json``."""
        replace(self.path / "findings.json", _safe(JUDGEMENT.dump_json(judgement, indent=2)))

    def append(self, event: Event) -> None:
        """Append to the timeline, at once; a line that was torn before, by a full disk or a death, is cut off.

        Raises:
            OSError: there is no room. No part of the line is left then.
        """
        written = line.write(event)
        with self._lock:
            append_line(self.path / "timeline.jsonl", written)
        for listener in self._listeners:
            listener(event)

    def load(self) -> Record:
        """Read the record, once as long as its files do not change: the judge and every report ask for it.

        Raises:
            Misuse: the folder holds no readable run.
        """
        # Imported here: what only writes a folder never loads numpy.
        from squall.record.columns import load

        files = [self.path / "plan.json", self.path / "timeline.jsonl", self.requests, self.probes]
        state = [_state(each) for each in files]
        if self._loaded is None or self._loaded[0] != state:
            self._loaded = state, Record(self.plan(), self.timeline(), load(self.requests), load(self.probes))
        return self._loaded[1]

    def plan(self) -> Plan:
        """Read ``plan.json``."""
        if (schema := self._parse("plan.json", _VERSION).schema) > SCHEMA:
            newer = f"its record has version {schema}, and this squall knows {SCHEMA}"
            raise Misuse(f"reading {self.path}: {newer}; read it with the squall that wrote it, or a later one")
        return self._parse("plan.json", _PLAN)

    def judgement(self) -> Judgement:
        """Read ``findings.json``."""
        return self._parse("findings.json", JUDGEMENT)

    def timeline(self) -> tuple[Event, ...]:
        """Read the timeline; a last line torn by a crash is passed over.

        So is any other that cannot be read, but what it said may have been what decides: in its place is noted that the
        record is incomplete.
        """
        try:
            lines = (self.path / "timeline.jsonl").read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise Misuse(f"reading {self.path}/timeline.jsonl: {error.strerror}") from error
        events: list[Event] = []
        for number, each in enumerate(lines[:-1], start=1):
            try:
                events.append(line.read(each))
            except ValueError:
                events.append(_unreadable(events[-1].t if events else 0.0, number))
        return tuple(events)

    def _parse(self, name: str, adapter: TypeAdapter[T]) -> T:
        path = self.path / name
        try:
            return adapter.validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise Misuse(f"reading a run: there is no {path}") from error
        except OSError as error:
            raise Misuse(f"reading {path}: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = "".join(f"{part}." for part in first["loc"]).removesuffix(".")
            raise Misuse(f"reading {path}: {where and where + ': '}{first['msg']}") from error


def _state(file: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or replaced; None if it cannot be looked at."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _safe(said: bytes) -> bytes:
    return json.dumps(without_secrets(json.loads(said)), indent=2, ensure_ascii=False).encode()


def _unreadable(t: float, number: int) -> Event:
    reason = f"line {number} of timeline.jsonl cannot be read and is passed over; what it said is not known"
    return RunVoided(t, "squall", Cause.INCOMPLETE, reason)


def new_folder(base: Path, name: str, what: str) -> Path:
    """Make a folder ``<time>-<name>`` under ``base``, for this user alone; a taken name gets a number.

    Raises:
        Misuse: it cannot be made there; ``what`` is what it was to be.
    """
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{name}"
    for number in range(1000):
        path = base / (stem if not number else f"{stem}-{number}")
        try:
            path.mkdir(0o700, parents=True)
        except FileExistsError:
            if not path.is_dir():
                raise Misuse(f"making {what} in {base}: it is not a folder") from None
            continue
        except OSError as error:
            raise Misuse(f"making {what} in {base}: {error.strerror}") from error
        return path
    raise Misuse(f"making {what} in {base}: a thousand of this second are there already")


def slug(text: str) -> str:
    """Return a title as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "run"


def schemas() -> dict[str, dict[str, object]]:
    """Return the JSON Schema of each JSON file of a run folder, by file name."""
    return {
        "plan.json": dict(_PLAN.json_schema()),
        "timeline.jsonl": line.schema(),
        "findings.json": dict(JUDGEMENT.json_schema()),
    }
