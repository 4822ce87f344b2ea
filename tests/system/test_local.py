from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.system.system import System
from tests.platforms.tiny_system import FOLDER

TEXT = (FOLDER / "system.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("users: front", "users: door", "users: not one of the services above"),
        ("      api:\n", "      apis:\n", "not one of the services above"),
        ("TINY_STORES: ${documents.url}", "TINY_STORES: ${documents.uri}", "unknown placeholder ${documents.uri}"),
        ("TINY_NAME: ${name}", "TINY_NAME: ${nam}", "unknown placeholder ${nam}"),
        ("one replica: {api:", "one replica: {cache:", "is not one of the programs"),
        ("cache: {kind: valkey", "cache: {kind: redis", "kind: Input should be 'postgres' or 'valkey'"),
        ("count: 2", "count: 0", "greater than or equal to 1"),
        ("command: ${python} -S api.py", 'command: ""', "there is no command"),
        ("command: ${python} -S api.py", 'command: "\'"', "No closing quotation"),
        ("ready: /ready", "ready: ready", "ready: String should match pattern"),
        ("cache: {kind: valkey", "front: {kind: valkey", "is described twice"),
        ("ready_within: 2m", "ready_in: 2m", "there is no such key"),
    ],
)
def test_what_cannot_mean_anything_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    before, found, after = TEXT.partition(old)
    assert found
    path, line = tmp_path / "system.yaml", before.count("\n") + 1
    path.write_text(before + new + after)
    with pytest.raises(Misuse) as refusal:
        System.read(path)
    lines = str(refusal.value).splitlines()
    assert any(text.startswith(f"{path}:{line}: ") and says in text for text in lines), lines


def test_numbers_become_texts_of_the_environment() -> None:
    local = System.read(FOLDER / "system.yaml").platforms.local
    assert local is not None
    assert local.programs["api"].environment["TINY_WARM_UP"] == "0.3"
