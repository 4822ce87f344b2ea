"""Each link to a file leads to one, and each link to a heading to one of that page."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT, WRITTEN

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^ *```.*?^ *```$|(?<!`)`[^`\n]+`(?!`)", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_CODE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme_or_the_tutorial() -> None:
    linked: set[Path] = {ROOT / "README.md", ROOT / "docs" / "tutorial.md"}
    waiting = list(linked)
    while waiting:
        page = waiting.pop()
        text = _CODE.sub("", page.read_text())
        found = {(page.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(text)}
        new = {path for path in found if path.suffix == ".md" and path.exists()} - linked
        linked |= new
        waiting += new
    assert set(WRITTEN) - linked == set()
