"""What the parts of a system file have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The name of a variable of squall's own environment, which holds what may not stand in a file.
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Strict(BaseModel):
    """A part of a system file: keys that it does not know are refused, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
