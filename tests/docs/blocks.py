"""The examples of the documentation: fenced blocks and commands, with the file and line where they stand."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITTEN = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
]
PAGES = [*WRITTEN, *sorted((ROOT / "docs" / "decisions").glob("*.md")), *sorted((ROOT / "docs").glob("reference/*.md"))]
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`((?:squall|make|python -m docs) [^`]+)`(?!`)")
_FILE = re.compile(r"# (\S+\.py)\n")


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str:
        """The file that a block of Python says it is; empty if it does not say so."""
        found = _FILE.match(self.text)
        return found[1] if found else ""


def blocks(*languages: str) -> list[Block]:
    return [block for page in WRITTEN for block in of(page) if block.language in languages]


def of(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found[2], textwrap.dedent(found[3]))


@dataclass(frozen=True)
class Command:
    """A command; one in prose may leave out what it is about."""

    where: str
    text: str
    prose: bool = False

    def __str__(self) -> str:
        return f"{self.where} {self.text}"


def commands() -> list[Command]:
    """Return lines of shell blocks, ``run`` of workflows, and inline code."""
    found = [Command(str(block), line) for block in blocks("", "console") for line in _typed(block)]
    found += [Command(str(block), line) for block in blocks("yaml") for line in _run(block.text)]
    for page in WRITTEN:
        for number, line in enumerate(_FENCE.sub(_blank, page.read_text()).splitlines(), start=1):
            where = f"{page.relative_to(ROOT)}:{number}"
            found += [Command(where, text, prose=True) for text in _INLINE.findall(line)]
    return found


def _typed(block: Block) -> Iterator[str]:
    for line in block.text.splitlines():
        typed = line.removeprefix("$ ").partition("   ")[0].strip()
        if typed:
            yield typed


def _run(text: str) -> Iterator[str]:
    for found in re.finditer(r"run: (?:>\n((?:\s{8,}.*\n)+)|(.*)\n)", text):
        yield " ".join((found[1] or found[2]).split())


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def shown(block: Block) -> bool:
    """Whether a block shows what is in a file of this repository, which has tests of its own."""
    return (ROOT / block.file).exists() and block.text.partition("\n")[2].strip() in (ROOT / block.file).read_text()
