"""What is not as a system file says: on disk, and on the live platform. Reads only, and applies nothing.

On local, where nothing lives between two runs, the system is started for it and ended again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.commands.objectives import undecidable, unmet
from squall.errors import SquallError
from squall.instances import Instance
from squall.platforms.capability import Gauges, Platform
from squall.probes.gauges import unread
from squall.run.preflight import left_behind
from squall.run.wiring import platform
from squall.system.cluster import Cluster
from squall.system.compose import Compose
from squall.system.gauge import Gauge
from squall.system.local import Local
from squall.system.releaser import unfound
from squall.system.system import System
from squall.system.yaml_lines import line_of


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
    """Yield what the file names and the disk does not have, and what it says that could never be decided."""
    folder = path.parent
    for at, text in undecidable(system):
        yield problem(path, at, text)
    if not any((base / system.load.locustfile).is_file() for base in folder.resolve().parents):
        yield problem(path, ("load", "locustfile"), f"there is no {system.load.locustfile} in a folder above this file")
    for at, place, of_kind in [*_of_clusters(system.platforms.clusters()), *_of_local(system.platforms.local),
                                *_of_compose(system.platforms.compose)]:  # fmt: skip
        there = (folder / place).is_dir() if of_kind == "folder" else (folder / place).is_file()
        if not there:
            yield problem(path, ("platforms", *at), f"there is no {of_kind} {folder / place}")
    for on, section in system.platforms.clusters().items():
        if section.releaser is not None and (missing := unfound(section.releaser, folder)):
            yield problem(path, ("platforms", on, "releaser"), missing)


def live(
    path: Path, system: System, name: str, context: str | None, allowed: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield what the platform of that name has not, though the file says so.

    Raises:
        Misuse: there is no such platform or context.
    """
    on = platform(name, system, context, allowed)
    try:
        try:
            on.check()
            if name in {"local", "compose"}:
                # Nothing of it runs yet, and it is nobody's but ours: it is started for this, and ended below.
                on.deploy((), lambda text: None)
        except SquallError as error:
            yield problem(path, ("platforms", name), str(error))
            return
        if left := left_behind(on):
            yield problem(path, ("platforms", name), left)
        lacking = list(_cluster(path, system, name, on)) if name in system.platforms.clusters() else []
        yield from lacking
        if not lacking:
            yield from _shown(path, system, on)
    finally:
        on.close()


def _shown(path: Path, system: System, on: Platform) -> Iterator[Problem]:
    """Yield what a system that is up does not show of itself."""
    try:
        for name, service in system.services.items():
            for gauge, of in service.gauges.items():
                if (why := _unread(on, on.instances(name), of)) is not None:
                    yield problem(path, ("services", name, "gauges", gauge), why)
        for at, text in unmet(system, on.users_url()):
            yield problem(path, at, text)
    except SquallError as error:
        yield problem(path, ("platforms", on.name), str(error))


def _unread(on: Platform, instances: Sequence[Instance], gauge: Gauge) -> str | None:
    if not isinstance(on, Gauges):
        return f"the platform {on.name} reads no gauges"
    return unread(on, instances, gauge) if instances else "there is no instance to read it of"


def _cluster(path: Path, system: System, name: str, on: Platform) -> Iterator[Problem]:
    from squall.platforms.kubernetes.comparison import lacks

    for at, text in lacks(system, system.platforms.clusters()[name], on.context):
        yield problem(path, ("platforms", name, *at), text)


def _of_clusters(sections: Mapping[str, Cluster]) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    for on, section in sections.items():
        if section.kustomize is not None:
            yield (on, "kustomize"), section.kustomize, "folder"
        for name, place in section.weaknesses.items():
            yield (on, "weaknesses", name), place, "folder"
        for name, folders in section.releases.items():
            yield from (((on, "releases", name, service), place, "folder") for service, place in folders.items())


def _of_local(section: Local | None) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    if section is not None:
        yield ("local", "folder"), section.folder, "folder"
        for name, store in section.stores.items():
            if store.fill is not None:
                yield ("local", "stores", name, "fill"), store.fill, "file"
        for name, front in section.fronts.items():
            yield ("local", "fronts", name, "envoy"), front.envoy, "file"


def _of_compose(section: Compose | None) -> Iterator[tuple[tuple[str, ...], Path, str]]:
    if section is not None:
        yield ("compose", "file"), section.file, "file"
        for name, place in section.weaknesses.items():
            yield ("compose", "weaknesses", name), place, "file"
