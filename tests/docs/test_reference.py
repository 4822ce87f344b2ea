"""The reference is what the code says, and says it of all there is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from docs import generate, system_page
from squall.claims.registry import claims
from squall.errors import ExitCode
from squall.faults.registry import compositions, faults
from squall.record.folder import schemas
from squall.steps.sentence import Sentence
from squall.units import per_second, percent, seconds
from tests.docs.blocks import ROOT


def test_it_is_what_the_code_says() -> None:
    result = CliRunner().invoke(generate.main, ["--check"])
    assert result.exit_code == 0, result.output


def test_what_is_out_of_date_is_found_and_mended(tmp_path: Path) -> None:
    def run(*words: str) -> int:
        return CliRunner().invoke(generate.main, [*words, "--to", str(tmp_path)]).exit_code

    assert run("--check") == 1
    assert run() == 0
    assert run("--check") == 0
    (tmp_path / "claims.md").write_text("something else")
    (tmp_path / "gone.md").write_text("of something that is no more")
    assert run("--check") == 1
    assert run() == 0
    assert run("--check") == 0
    assert not (tmp_path / "gone.md").exists()


def test_every_exit_code_is_told() -> None:
    known = set(ExitCode)
    assert set(generate.exit_codes()) == known


def test_every_claim_and_fault_has_a_sentence_except_the_built_in_one() -> None:
    said = {generate.meaning(sentence) for sentence in generate.sentences()}
    assert claims().keys() - said == {"SteadyAgain"}
    assert faults().keys() | compositions().keys() <= said


@pytest.mark.parametrize("sentence", generate.sentences(), ids=lambda sentence: sentence.text)
def test_every_example_has_one_meaning(sentence: Sentence) -> None:
    example = generate.example(sentence)
    keyword = sentence.keyword
    meant = [one for one in generate.sentences() if one.keyword == keyword and one.parser.is_matching(example)]
    assert meant == [sentence]


def test_the_schemas_are_published() -> None:
    published = {path.name for path in (generate.FOLDER / "schemas").iterdir()}
    assert published == {f"{name}.schema.json" for name in ("system.yaml", "report.json", *schemas())}
    for path in (generate.FOLDER / "schemas").iterdir():
        assert json.loads(path.read_text())["title"]


def keys(value: Any, schema: Any, known: Any, at: str = "") -> list[str]:
    """Return the keys of a file that its schema does not have."""
    options = [schema, *schema.get("anyOf", ())]
    schema = next((known[one["$ref"].rpartition("/")[2]] for one in options if "$ref" in one), schema)
    if not isinstance(value, dict) or not (schema.get("properties") or "additionalProperties" in schema):
        return []
    missing = []
    for key, inner in value.items():
        below = schema.get("properties", {}).get(key) or schema["additionalProperties"]
        missing += keys(inner, below, known, f"{at}.{key}") if below else [f"{at}.{key}"]
    return missing


def test_the_schema_of_the_system_file_knows_the_keys_of_every_system() -> None:
    schema = system_page.system_schema()
    paths = sorted(ROOT.glob("scenarios/*/system.yaml"))
    assert paths
    for path in paths:
        assert keys(yaml.safe_load(path.read_text()), schema, schema["$defs"]) == []
    assert keys({"name": "x", "nonsense": 1}, schema, schema["$defs"]) == [".nonsense"]


@pytest.mark.parametrize(("reader", "texts"), [
    (seconds, ["200ms", "1.5s", "5m", "1h", "5", "5 s", "-5s", "s", ""]),
    (per_second, ["50/s", "0.5/s", "50", "50/m", "/s", ""]),
    (percent, ["99.5%", "0%", "99", "%", ""]),
])  # fmt: skip
def test_the_forms_of_units_are_those_that_are_read(reader: Any, texts: list[str]) -> None:
    for text in texts:
        try:
            reader(text)
            taken = True
        except ValueError:
            taken = False
        assert bool(re.search(system_page.FORMS[reader][0], text)) == taken, text
