"""What ``launch`` turns itself into. Standard library only: each start of a process, and each restart, reads it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Preparation:
    """A command that runs once, before the process is first started; ``stdin`` is a file."""

    command: Sequence[str]
    stdin: str | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """A command with what is added to the environment, and the folder that it runs in.

    ``before`` is carried out on an empty folder ``data`` until it succeeded once. ``unprivileged``: if root starts
    it, then it is not run by root; ``packages`` is the folder that its wheel is installed in. ``revision`` tells the
    versions of one program apart; it is empty for what has none.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"
    data: str | None = None
    before: Sequence[Preparation] = ()
    unprivileged: bool = False
    packages: str = ""
    revision: str = ""

    def write(self, path: Path) -> None:
        """Write it down for ``launch``."""
        path.write_text(json.dumps(asdict(self), indent=1))

    def moved(self, old: str, new: str) -> "Spec":
        """Return it with programs that are in another folder."""
        before = [replace(each, command=_moved(each.command, old, new)) for each in self.before]
        return replace(self, command=_moved(self.command, old, new), before=before)

    @classmethod
    def read(cls, path: Path) -> "Spec":
        """Read what was written."""
        said = json.loads(path.read_text())
        return cls(**{**said, "before": [Preparation(**each) for each in said["before"]]})


def _moved(command: Sequence[str], old: str, new: str) -> list[str]:
    return [command[0].replace(old, new, 1), *command[1:]]
