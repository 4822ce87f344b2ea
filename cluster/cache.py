"""Costly outputs, kept outside the checkout. An output has a name and a key, which is a digest of all its inputs.

It appears by a rename, so what is there is whole. Nothing here knows what the outputs are.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.progress import part, say

__all__ = ["Cache", "digest"]

KEPT_PER_NAME = 2
IGNORED = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def digest(*inputs: str | Path) -> str:
    """Condense texts, files and folders into 16 hexadecimal digits; where a folder stands does not count."""
    whole = hashlib.sha256()
    for given in inputs:
        if isinstance(given, str):
            _add(whole, "text", given.encode())
            continue
        for file in _files(given):
            name = file.name if file == given else file.relative_to(given).as_posix()
            _add(whole, name, file.read_bytes())
    return whole.hexdigest()[:16]


def _add(whole: "hashlib._Hash", name: str, content: bytes) -> None:
    # The lengths keep two neighbours from being taken for one.
    whole.update(f"{len(name)} {name} {len(content)} ".encode() + content)


def _files(given: Path) -> list[Path]:
    if given.is_file():
        return [given]
    return sorted(f for f in given.rglob("*") if f.is_file() and not IGNORED.intersection(f.parts))


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of finished outputs."""

    root: Path

    @classmethod
    def of_user(cls) -> "Cache":
        """Return the cache that the environment names, made if it is not there."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        root = Path(os.environ.get("SQUALL_CACHE") or Path(home) / "squall").absolute()
        for folder in ("bin", "parts", "scratch"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        return cls(root)

    @property
    def bin(self) -> Path:
        """Return the folder where kind and kubectl are always found."""
        return self.root / "bin"

    def offer(self, program: Path) -> Path:
        """Let a name in ``bin`` lead to a program, in one step."""
        place = self.bin / program.name
        fresh = place.with_name(f".{place.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(program)
        fresh.rename(place)
        return place

    def folder(self, name: str, key: str) -> Path:
        """Return where an output is, or would be."""
        return self.root / "parts" / f"{name}-{key}"

    def has(self, name: str, key: str) -> bool:
        """Tell whether an output is there."""
        return self.folder(name, key).is_dir()

    def obtain(self, name: str, key: str, make: Callable[[Path], None]) -> Path:
        """Return the folder of an output, which `make` fills if it is not there yet."""
        folder = self.folder(name, key)
        if folder.is_dir():
            os.utime(folder)
            return folder
        scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.root / "scratch"))
        try:
            with part(f"making {name}"):
                make(scratch)
            scratch.chmod(0o755)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        self._prune(name)
        return folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from changing the cache or the cluster at the same time; what a killed one left is removed."""
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("  waiting for another `python3 -m cluster` to end")
                fcntl.flock(lock, fcntl.LOCK_EX)
            for left in (self.root / "scratch").iterdir():
                shutil.rmtree(left, ignore_errors=True)
            yield

    def _prune(self, name: str) -> None:
        # The key has no hyphen: so `name` never matches a longer name that begins alike.
        same = [f for f in (self.root / "parts").iterdir() if f.name.rpartition("-")[0] == name]
        for old in sorted(same, key=lambda f: f.stat().st_mtime, reverse=True)[KEPT_PER_NAME:]:
            shutil.rmtree(old, ignore_errors=True)
