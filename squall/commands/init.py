"""``squall init``: the folders of a new system, which run at once and are then edited."""

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from squall.errors import Misuse

# How the system of the templates is called; its name is put in the place of this word.
_EXAMPLE = "example"
# A wheel's tools pass over files whose names begin with a dot.
_HIDDEN = {"github": ".github", "gitignore": ".gitignore"}
_NAME = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")


@click.command(name="init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--name", help="the system's name  [default: the folder's]")
def command(folder: Path, name: str | None) -> None:
    """Make the folders of a new system: features, scenarios, load, steps, and a GitHub workflow.

    They run at once on the platform local, with a small server in your system's place. No file is overwritten.

    \b
    Examples:
      squall init
      squall init shop
      squall init promises --name web-shop
    """
    chosen = name or _slug(folder)
    if not _NAME.fullmatch(chosen):
        raise Misuse(f"a system's name is of small letters, digits and hyphens, not {chosen!r}: give one with --name")
    made = {folder / _renamed(place, chosen): _filled(text, chosen) for place, text in templates()}
    _refuse(folder, [path for path in made if path.exists() or path.is_symlink()])
    for path, text in made.items():
        _write(path, text)
    click.echo("\n".join(["made", *(f"  {path}" for path in made), "next"]))
    enter = [] if folder.resolve() == Path.cwd() else [f"cd {folder}"]
    steps = [*enter, "pip install 'squall[local]'", "squall plan", "squall run", f"edit scenarios/{chosen}/system.yaml"]
    steps.append("set the repository's variable SQUALL to where squall is (.github/workflows/squall.yml says how)")
    click.echo("\n".join(f"  {step}" for step in steps))


def templates() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each template."""
    yield from _below(files("squall") / "templates", "")


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


def _filled(text: str, name: str) -> str:
    text = text.replace(f"load/{_EXAMPLE}.py", f"load/{name.replace('-', '_')}.py")
    return re.sub(rf"\b{_EXAMPLE}\b", name, text)


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
