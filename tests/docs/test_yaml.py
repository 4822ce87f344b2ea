"""Every YAML example is a system file, a part of one, a drill, a workflow, or a manifest; nothing else is shown."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from squall.commands.init import templates
from squall.gameday.drill import Drill
from squall.system.system import System
from tests.docs.blocks import Block, blocks

YAML = blocks("yaml")


def merged(whole: Any, part: Any) -> Any:
    if not (isinstance(whole, dict) and isinstance(part, dict)):
        return part
    return {**whole, **{key: merged(whole.get(key), value) for key, value in part.items()}}


def as_system(part: Any, folder: Path) -> System:
    """Put a part in the place of the same keys of the file that ``squall init`` makes."""
    whole = yaml.safe_load(dict(templates())["scenarios/example/system.yaml"])
    path = folder / "system.yaml"
    path.write_text(yaml.safe_dump(merged(whole, part)))
    return System.read(path)


@pytest.mark.parametrize("block", YAML, ids=str)
def test_it_means_something(block: Block, tmp_path: Path) -> None:
    content = yaml.safe_load(block.text)
    if "apiVersion" in content:
        assert content["kind"]
    elif "scenarios" in content:
        Drill.model_validate(content)
    elif "jobs" in content:
        # YAML 1.1 reads the key "on" as a truth.
        assert content.keys() == {"name", True, "jobs"}
        for job in content["jobs"].values():
            assert "uses" in job or all(("uses" in step) != ("run" in step) for step in job["steps"])
    else:
        assert content.keys() <= System.model_fields.keys()
        as_system(content, tmp_path)


def test_a_key_that_is_not_there_would_be_found(tmp_path: Path) -> None:
    assert {"platforms", "objectives"} <= {key for block in YAML for key in yaml.safe_load(block.text)}
    with pytest.raises(Exception, match="there is no such key"):
        as_system({"platforms": {"kind": {"name": "x"}}}, tmp_path)
