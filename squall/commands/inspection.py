"""What is not as a system file says: on disk, and on the live platform. Reads only; nothing is applied or started."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from squall.assembly import platform
from squall.errors import SquallError
from squall.platforms.capability import Platform
from squall.system import Cluster, Local, System, line_of


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as the file says, and the line that says it."""

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.text}"


def problem(path: Path, at: tuple[str, ...], text: str) -> Problem:
    """Return a problem of the key that ``at`` leads to."""
    return Problem(str(path), line_of(path, *at), ".".join(at), " ".join(text.split()))


def files(path: Path, system: System) -> Iterator[Problem]:
    """Yield what the file names and the disk does not have."""
    folder = path.parent
    if not any((base / system.load.locustfile).is_file() for base in folder.resolve().parents):
        yield problem(path, ("load", "locustfile"), f"there is no {system.load.locustfile} in a folder above this file")
    for at, place, of_kind in [*_of_cluster(system.platforms.kind), *_of_local(system.platforms.local)]:
        there = (folder / place).is_dir() if of_kind == "folder" else (folder / place).is_file()
        if not there:
            yield problem(path, ("platforms", *at), f"there is no {of_kind} {folder / place}")


def live(path: Path, system: System, name: str, context: str | None) -> Iterator[Problem]:
    """Yield what the platform of that name has not, though the file says so.

    Raises:
        Misuse: there is no such platform or context.
    """
    on = platform(name, system, context)
    try:
        try:
            on.check()
        except SquallError as error:
            yield problem(path, ("platforms", name), str(error))
            return
        if name == "kind":
            yield from _cluster(path, system, on)
    finally:
        on.close()


def _cluster(path: Path, system: System, on: Platform) -> Iterator[Problem]:
    from squall.commands.cluster import lacks

    if system.platforms.kind is not None:
        for at, text in lacks(system, system.platforms.kind, on.context):
            yield problem(path, ("platforms", "kind", *at), text)


def _of_cluster(section: Cluster | None) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    if section is not None:
        yield ("kind", "kustomize"), section.kustomize, "folder"
        for name, place in section.weaknesses.items():
            yield ("kind", "weaknesses", name), place, "folder"


def _of_local(section: Local | None) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    if section is not None:
        yield ("local", "folder"), section.folder, "folder"
        for name, store in section.stores.items():
            if store.fill is not None:
                yield ("local", "stores", name, "fill"), store.fill, "file"
        for name, front in section.fronts.items():
            yield ("local", "fronts", name, "envoy"), front.envoy, "file"
