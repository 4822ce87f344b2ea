"""``squall init``: the folders of a new system, which run at once and are then edited."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

import click

import squall
from squall.errors import Misuse
from squall.system.cluster import UNPUBLISHED

# How the system of the templates is called; its name is put in the place of this word.
_EXAMPLE = "example"
# The port at which users enter a kind cluster in the templates.
_PORT = 30080
# A wheel's tools pass over files whose names begin with a dot.
_HIDDEN = {"github": ".github", "gitignore": ".gitignore", "gitlab-ci.yml": ".gitlab-ci.yml"}
# Where a file of all platforms lies on one of them: kustomize reads nothing outside of its own folder.
_PLACES = {"kind": {f"scenarios/{_EXAMPLE}/server.py": f"scenarios/{_EXAMPLE}/manifests/server.py"}}
# What each platform needs besides squall itself: the extra that brings it, and a module of it.
_NEEDS = {"local": ("local", "supervisor"), "kind": ("kubernetes", "kubernetes")}
_CI = {"github": "github/", "gitlab": "gitlab-ci.yml"}
_NAME = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")


@click.command(name="init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--name", help="the system's name  [default: the folder's]")
@click.option("--platform", type=click.Choice(list(_NEEDS)), default="local", show_default=True,
              help="where the example runs: as processes of this machine, or in a kind cluster")  # fmt: skip
@click.option("--port", type=click.IntRange(30000, 32767), default=_PORT, show_default=True,
              help="on kind: the port of this machine, and of the nodes, at which users enter")  # fmt: skip
@click.option("--ci", type=click.Choice([*_CI, "none"]), default="github", show_default=True,
              help="whose gate is made")  # fmt: skip
def command(folder: Path, name: str | None, platform: str, port: int, ci: str) -> None:
    """Make the folders of a new system: features, scenarios, load, steps, a policy, and a gate in CI.

    They run at once, with a small server in your system's place. No file is overwritten.

    \b
    Examples:
      squall init
      squall init shop --platform kind
      squall init promises --name web-shop --ci gitlab
    """
    chosen = name or _slug(folder)
    if not _NAME.fullmatch(chosen):
        raise Misuse(f"a system's name is of small letters, digits and hyphens, not {chosen!r}: give one with --name")
    wanted = {place: text for place, text in templates(platform) if not place.startswith(_others(ci))}
    made = {folder / _renamed(place, chosen): _filled(text, chosen, platform, port) for place, text in wanted.items()}
    _refuse(folder, [path for path in made if path.exists() or path.is_symlink()])
    for path, text in made.items():
        _write(path, text)
    click.echo("\n".join(["made", *(f"  {path}" for path in made), "next"]))
    enter = [] if folder.resolve() == Path.cwd() else [f"cd {shlex.quote(str(folder))}"]
    steps = [*enter, *_installing(platform), *(_cluster() if platform == "kind" else ()), "squall plan", "squall run"]
    click.echo("\n".join(f"  {step}" for step in [*steps, f"edit scenarios/{chosen}/system.yaml"]))


def templates(platform: str = "local") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each template of a platform."""
    places: Mapping[str, str] = _PLACES.get(platform, {})
    for folder in ("project", platform):
        for place, text in _below(files("squall") / "templates" / folder, ""):
            yield places.get(place, place), text


def _others(ci: str) -> tuple[str, ...]:
    return tuple(place for whose, place in _CI.items() if whose != ci)


def _installing(platform: str) -> Iterator[str]:
    """Yield the command that brings what the platform needs and is not here, from where squall itself came."""
    extra, module = _NEEDS[platform]
    if find_spec(module) is None:
        yield shlex.join(["pip", "install", _from_where(extra)])


def _from_where(extra: str) -> str:
    try:
        told = json.loads(distribution("squall").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        told = {}
    url, vcs = str(told.get("url", "")), told.get("vcs_info")
    if "dir_info" in told:
        return f"{url.removeprefix('file://')}[{extra}]"
    if isinstance(vcs, dict):
        return f"squall[{extra}] @ {vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}"
    return f"squall[{extra}] @ {url}" if url else f"squall[{extra}]"


def _cluster() -> Sequence[str]:
    """Return the commands that make a cluster with the one image that squall and the example need."""
    package = Path(squall.__file__).parent
    build = ["docker", "build", "--file", str(package / "agent/Dockerfile"), "--tag", UNPUBLISHED, str(package.parent)]
    return (
        "kind create cluster --name squall --config kind.yaml",
        shlex.join(build),
        f"kind load docker-image {UNPUBLISHED} --name squall",
    )


def _below(folder: Traversable, at: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        place = f"{at}{entry.name}"
        if entry.is_dir():
            yield from _below(entry, f"{place}/")
        else:
            yield place, entry.read_text("utf-8")


def _renamed(place: str, name: str) -> Path:
    parts = [_HIDDEN.get(part, part) for part in place.split("/")]
    # A locustfile is imported: its name is a word of Python.
    as_module = name.replace("-", "_")
    return Path(*(part.replace(_EXAMPLE, as_module if part.endswith(".py") else name) for part in parts))


def _filled(text: str, name: str, platform: str, port: int) -> str:
    text = text.replace(f"load/{_EXAMPLE}.py", f"load/{name.replace('-', '_')}.py").replace("PLATFORM", platform)
    return re.sub(rf"\b{_EXAMPLE}\b", name, text).replace(str(_PORT), str(port))


def _slug(folder: Path) -> str:
    try:
        name = folder.resolve().name
    except (OSError, ValueError, RuntimeError) as error:
        raise Misuse(f"making {str(folder)!r}: {error}") from error
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789") or _EXAMPLE


def _refuse(folder: Path, there: list[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise Misuse(f"making {folder}: it is there and no folder")
    if there:
        raise Misuse("\n".join(f"{path}: is there already, and is not overwritten; nothing was made" for path in there))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Misuse(f"making {path}: {error.strerror or error}") from error
