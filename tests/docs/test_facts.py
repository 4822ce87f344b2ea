"""What pages list, they list in full: exit codes, causes, platforms; and nothing that is there is called missing."""

import re

import pytest

from docs.generate import exit_codes
from squall.run.wiring import PLATFORMS
from squall.verdict import Cause, Verdict
from tests.docs.blocks import ROOT, WRITTEN

CODES = set(exit_codes())
# Words for what squall has had for long; each once stood on a page under what is not there.
THERE = r"node|network|dis[ck]s?\b|memory|dependenc|last\b|guard|expir|undo|several|schedul"


def page(name: str) -> str:
    return (ROOT / name).read_text()


def test_the_readme_names_every_exit_code() -> None:
    told = " ".join(page("README.md").partition("Exit codes:")[2].partition("\n\n")[0].split())
    assert {int(code) for code in re.findall(r"(?:^|, ) ?(\d+) ", told)} == CODES


def test_the_gate_says_what_to_do_about_every_exit_code() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|", page("docs/how-to/ci-gate-on-kind.md"), re.MULTILINE)
    assert {int(code) for row in rows for code in row.split(",")} == CODES


def test_the_page_on_verdicts_names_every_verdict_exit_code_and_cause() -> None:
    text = page("docs/verdicts.md")
    start = " ".join(text.partition("## ")[0].split())
    assert set(re.findall(r"^\| ([A-Z]+) \|", text, re.MULTILINE)) == {verdict.name for verdict in Verdict}
    codes = {*re.findall(r"\| (\d+) \|", start), *re.findall(r"(?:Besides:|,) (\d+) ", start)}
    assert {int(code) for code in codes} == CODES
    rows = re.findall(r"^\| ([a-z, ]+) \| .*claims? ", text, re.MULTILINE)
    assert {cause for row in rows for cause in row.split(", ")} == {*Cause}


def test_every_cause_is_where_its_effect_is() -> None:
    every, some = (
        set(re.search(rf"^\| ([a-z, ]+) \| {effect}", page("docs/verdicts.md"), re.MULTILINE)[1].split(", "))  # type: ignore[index]
        for effect in ("every claim", "only the claims")
    )
    assert every == {cause for cause in Cause if cause.voids_all}
    assert some == {cause for cause in Cause if not cause.voids_all}


def test_the_glossary_and_the_page_on_platforms_name_each_platform() -> None:
    row = re.search(r"^\| \*platform\* \| (.*) \|$", page("docs/glossary.md"), re.MULTILINE)
    assert row is not None
    assert set(re.findall(r"`(\w+)`", row[1])) == PLATFORMS.keys()


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_there_is_called_missing(path: object) -> None:
    text = page(str(path))
    found = re.findall(r"^## What is not there.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert [line for part in found for line in part.splitlines() if re.search(THERE, line, re.IGNORECASE)] == []
