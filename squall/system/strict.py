"""Files of YAML that are read strictly: keys that are not known are refused, and each problem names its line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from squall.errors import Misuse
from squall.system.yaml_lines import UNREADABLE, KeyPath, describe, line_at, lines_of, reason, repeated_keys

# The name of a variable of squall's own environment, which holds what may not be in a file.
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Strict(BaseModel):
    """A part of a file: keys that it does not know are refused, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Strict)
# The line of each key.
Lines = Mapping[KeyPath, int]


def read_strict(model: type[Model], path: Path, reserved: str = "") -> tuple[Model, Lines]:
    """Read a file as a model, and return it with the line of each key; no ``reserved`` key may be at its top.

    Raises:
        Misuse: naming the line of each thing that is wrong.
    """
    try:
        text = path.read_text("utf-8")
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        lines, twice = lines_of(root), repeated_keys(root)
        data = None if root is None else loader.construct_document(root)
    except OSError as error:
        raise Misuse(f"reading {path}: {error.strerror}") from error
    except (yaml.YAMLError, *UNREADABLE) as error:
        mark = getattr(error, "problem_mark", None)
        raise Misuse(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {reason(error)}") from error
    if twice:
        raise Misuse("\n".join(f"{path}:{line}: {' '.join(key.split())}: duplicate key" for line, key in twice))
    if reserved and isinstance(data, dict) and reserved in data:
        raise Misuse(f"{path}:{lines.get((reserved,), 1)}: {reserved}: there is no such key")
    try:
        return model.model_validate(data), lines
    except ValidationError as error:
        raise Misuse(
            "\n".join(f"{path}:{line_at(lines, e['loc'])}: {describe(e, path.name)}" for e in error.errors())
        ) from error
