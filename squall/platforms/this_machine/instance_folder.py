"""The folder that holds all of one platform instance: what is in it, and which process keeps it.

Its name is chosen, and written to the undo log, before it is made. Standard library only: the watchdog reads it too.
"""

import json
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from squall.errors import NotUndone
from squall.process.identity import start_time
from squall.writing.private import owned

OURS = "squall-"
PREFIX = f"{OURS}local-"
COMPOSE_PREFIX = f"{OURS}compose-"
# A UNIX socket's path has room for 107 characters.
LONGEST = 70


@dataclass(frozen=True, slots=True)
class NotedProcess:
    """A process as it was written down: its number, and when it started (with the boot's id)."""

    pid: int
    started: str

    def lives(self) -> bool:
        """Whether it still is that process, and lives."""
        return start_time(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class InstanceFolder:
    """The folder of one platform instance."""

    path: Path

    @classmethod
    def new(cls, prefix: str = PREFIX) -> "InstanceFolder":
        """Return one that is not there yet."""
        base = Path(tempfile.gettempdir())
        if len(str(base)) > LONGEST or (os.geteuid() == 0 and not open_to_others(base / "any")):
            base = Path("/tmp")  # noqa: S108 - the name below is not to be guessed, and the folder is made by us
        return cls(base / f"{prefix}{secrets.token_hex(6)}")

    @classmethod
    def named(cls, path: str) -> "InstanceFolder":
        """Return the one that an undo entry names.

        Raises:
            NotUndone: another user can have made it, or what is in it, since ours was there.
        """
        folder = cls(Path(path))
        with suppress(FileNotFoundError):
            if not owned(folder.path):
                raise NotUndone(f"undoing by {path}: it is not a folder of this user alone; look at it, and remove it")
        return folder

    @staticmethod
    def is_name(name: str) -> bool:
        """Whether a folder's name is one that squall gives: a checkout called squall-playbooks is somebody's work."""
        return name.startswith((PREFIX, COMPOSE_PREFIX))

    def make(self) -> None:
        """Make it; it must not be there. Others see nothing of it, but if root makes it, a store's user gets to it."""
        passable = 0o711 if os.geteuid() == 0 else 0o700
        self.path.mkdir(passable)
        for part in ("specs", "runs", "releases", "logs", "fronts", "proxies"):
            (self.path / part).mkdir(0o700)
        (self.path / "stores").mkdir(passable)

    @property
    def socket(self) -> Path:
        """Where supervisord listens."""
        return self.path / "supervisord.sock"

    @property
    def configuration(self) -> Path:
        """Supervisord's configuration."""
        return self.path / "supervisord.conf"

    @property
    def lock(self) -> Path:
        """The lease of the run."""
        return self.path / "lock"

    def spec(self, name: str) -> Path:
        """Return the file of a process for ``launch``."""
        return self.path / "specs" / f"{name}.json"

    def runs(self, name: str) -> Path:
        """Return where ``launch`` notes which version of its program a process is."""
        return self.path / "runs" / f"{name}.json"

    def release(self, name: str) -> Path:
        """Return the file of a release, of a service or of one version of an instance."""
        return self.path / "releases" / f"{name}.json"

    def log(self, name: str) -> Path:
        """Return where a process's output goes."""
        return self.path / "logs" / f"{name}.log"

    def last_lines(self, name: str, count: int = 5) -> str:
        """Return the end of a process's output."""
        try:
            lines = self.log(name).read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join([line for line in lines if line.strip()][-count:])

    def write_down(self, role: str, pid: int) -> None:
        """Note a process of squall's own: the watchdog, supervisord. It is on disk when this returns."""
        path = self.path / f"{role}.json"
        with path.with_suffix(".new").open("w") as file:
            json.dump({"pid": pid, "started": start_time(pid)}, file)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".new").replace(path)

    def noted(self, role: str) -> NotedProcess | None:
        """Return a process that was noted, whether or not it still lives."""
        try:
            said = json.loads((self.path / f"{role}.json").read_text())
            return NotedProcess(int(said["pid"]), str(said["started"]))
        except (FileNotFoundError, ValueError, KeyError):
            return None

    def forget(self, role: str) -> None:
        """Take a note back: there is no such process any more, and none is wanted."""
        (self.path / f"{role}.json").unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of it. Only a folder that has our name for it is removed."""
        if self.is_name(self.path.name):
            shutil.rmtree(self.path, ignore_errors=True)


def open_to_others(path: Path) -> bool:
    """Whether other users can get to a file: all folders above it let them through."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
