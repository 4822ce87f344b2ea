"""Where alerts are silenced while a run goes on: ``alertmanager`` of a system file."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from squall.system.strict import Strict, Variable

LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class Alertmanager(Strict):
    """An Alertmanager in which alerts are silenced while a run goes on: those that bear all of these ``labels``.

    ``variable`` of squall's own environment holds a bearer token, if one is asked for.
    """

    url: Annotated[str, Field(pattern="^https?://")]
    labels: Annotated[Mapping[LabelName, str], Field(min_length=1)]
    variable: Variable | None = None
