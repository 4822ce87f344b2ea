"""Calls that reached an instance, and how they ended, by seconds of the harness's clock. Values, no reading."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict


@dataclass(frozen=True, slots=True)
class SecondOfCalls:
    """One second of calls: ``at`` is its beginning on the harness's clock."""

    at: float
    calls: int
    answered: int
    failed: int
    given_up: int

    # Its keys are its own: they do not lie below the ``what`` of the event that holds it.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class CallCounts:
    """What reached one instance in ``[since, until)``; seconds in which nothing did are left out."""

    since: float
    until: float
    seconds: tuple[SecondOfCalls, ...]
