"""What the parts of a system file have in common."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a system file: keys that it does not know are refused, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
