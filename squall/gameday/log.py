"""The log of a drill: what happened in it, one entry a line, and what it was meant to be. Writes and reads; no more.

    drill.yaml     the drill, as it was given
    drill.json     where its runs are, and what places its moments in wall time
    drill.jsonl    what happened, one ``DrillEntry`` a line
    harness.json   who carries it out         abort.json   who asked from outside to end it

What looks like a secret is taken out of what people type before it is written.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from squall.clock import Heartbeat
from squall.errors import Misuse
from squall.gameday.drill import Drill
from squall.record.event import Said
from squall.record.folder import new_folder, slug
from squall.writing.private import append_line, replace
from squall.writing.redact import redacted

# begun, scenario: the drill, a scenario begins. asked: GO is waited for. told: what squall says meanwhile. breach: the
# abort condition is met. refused: a scenario could not be run. finished: a scenario is over. over: the drill is.
Kind = Literal["begun", "scenario", "asked", "told", "breach", "refused", "finished", "over"] | Said
SAID: frozenset[str] = frozenset(get_args(Said))
LOG, BEGAN, COPY = "drill.jsonl", "drill.json", "drill.yaml"


@dataclass(frozen=True, slots=True)
class DrillEntry:
    """One thing that happened at ``t`` (CLOCK_MONOTONIC seconds); ``number`` is the scenario's, from 1 (0: none yet).

    ``run`` is the name of its run folder, as soon as there is one.
    """

    t: float
    who: str
    kind: Kind
    text: str = ""
    number: int = 0
    run: str = ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a drill began: ``runs`` is the folder of its runs, ``anchor`` its clocks."""

    runs: str
    anchor: Heartbeat

    def wall(self, t: float) -> datetime:
        """Return the wall time (UTC) of a moment."""
        return datetime.fromtimestamp(self.anchor.realtime + (t - self.anchor.monotonic), UTC)


_ENTRY, _BEGINNING = TypeAdapter(DrillEntry), TypeAdapter(Beginning)


class DrillFolder:
    """The folder of one drill."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, base: Path, drill: Drill, file: Path, runs: Path) -> "DrillFolder":
        """Make the folder of a drill that begins now, with a copy of its file.

        Raises:
            Misuse: it cannot be made there.
        """
        path = new_folder(base, "drill" if drill.hidden else slug(drill.name), "the folder of a drill")
        replace(path / COPY, file.read_bytes())
        replace(path / BEGAN, _BEGINNING.dump_json(Beginning(str(runs.absolute()), Heartbeat.read()), indent=2))
        return cls(path)

    def append(self, entry: DrillEntry) -> None:
        """Append an entry. Raises OSError."""
        append_line(self.path / LOG, json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")

    def drill(self) -> Drill:
        """Read what the drill was meant to be.

        Raises:
            Misuse: the folder is not that of a drill.
        """
        return Drill.read(self.path / COPY)[0]

    def beginning(self) -> Beginning:
        """Read when and where it began.

        Raises:
            Misuse: the folder is not that of a drill.
        """
        try:
            return _BEGINNING.validate_json((self.path / BEGAN).read_bytes())
        except OSError as error:
            raise Misuse(f"reading {self.path / BEGAN}: {error.strerror}; name the folder of a drill") from None
        except ValidationError as error:
            raise Misuse(f"reading {self.path / BEGAN}: {error.errors()[0]['msg']}") from error

    def entries(self) -> Sequence[DrillEntry]:
        """Read the log; a line that was torn by a death is passed over."""
        try:
            lines = (self.path / LOG).read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        found = []
        for line in lines:
            try:
                found.append(_ENTRY.validate_json(line))
            except ValidationError:
                continue
        return found


def safe(text: str, most: int) -> str:
    """Return what somebody typed as it may be kept: in one line, without secrets, of so many characters at most."""
    return redacted(" ".join(text.split()))[:most]
