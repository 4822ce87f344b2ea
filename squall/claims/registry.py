"""All claims by name: from a claim to plain fields for the record, and back.

squall's own are found in this folder and called by their class; those of a project are called by module and class
(``steps.queue.QueueDrains``), and found by that name in the folder where the command is typed.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

from pydantic import JsonValue as Json
from pydantic import TypeAdapter, ValidationError

import squall.claims
from squall import project
from squall.claims.claim import Claim
from squall.errors import Misuse
from squall.record.plan import ClaimPlan


@cache
def claims() -> Mapping[str, type[Claim]]:
    """Return each claim class of this folder by its name."""
    found: dict[str, type[Claim]] = {}
    for module in pkgutil.iter_modules(squall.claims.__path__):
        for value in vars(importlib.import_module(f"squall.claims.{module.name}")).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and hasattr(value, "judge"):
                found[value.__name__] = cast("type[Claim]", value)
    return dict(sorted(found.items()))


def planned(text: str, keyword: str, claim: Claim) -> ClaimPlan:
    """Return a claim as the record holds it."""
    if not dataclasses.is_dataclass(claim) or isinstance(claim, type):
        raise TypeError(f"{claim!r} is not a claim's value")
    return ClaimPlan(text, name_of(type(claim)), dataclasses.asdict(claim), keyword)


def name_of(kind: type) -> str:
    """Return how a claim's class is called in a record."""
    own = kind.__module__.startswith(f"{squall.claims.__name__}.")
    return kind.__name__ if own else f"{kind.__module__}.{kind.__qualname__}"


def is_claim(part: object) -> bool:
    """Say whether something is a claim's value, whoever wrote its class."""
    return dataclasses.is_dataclass(part) and not isinstance(part, type) and isinstance(part, Claim)


def restored(plan: ClaimPlan, limits: Mapping[str, Json] | None = None) -> Claim:
    """Return the claim of a record, with some of its fields replaced.

    Raises:
        Misuse: a claim or a field that this version does not know, or a value that does not fit.
    """
    kind = _kind(plan.name)
    fields = {**plan.fields, **(limits or {})}
    if unknown := fields.keys() - {field.name for field in dataclasses.fields(kind)}:  # type: ignore[arg-type]
        raise Misuse(f"reading {plan.name}: it has no {', '.join(sorted(unknown))} here")
    try:
        return TypeAdapter(kind).validate_python(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Misuse(f"reading {plan.name}: {first['loc'][0]}: {first['msg']}") from error


def _kind(name: str) -> type[Claim]:
    """Return a claim's class by its name. Raises Misuse: it is not known here."""
    if (own := claims().get(name)) is not None:
        return own
    place, _, last = name.rpartition(".")
    if not place:
        raise Misuse(f"reading a claim: {name} is not known here (known: {', '.join(claims())})")
    try:
        found = getattr(project.module(place), last, None)
    except Exception as error:
        # Its author's module is run here, and may fail in any way.
        raise Misuse(f"reading the claim {name}: importing {place}: {type(error).__name__}: {error}") from error
    if not (isinstance(found, type) and dataclasses.is_dataclass(found) and hasattr(found, "judge")):
        raise Misuse(
            f"reading the claim {name}: there is no such class in the project in {Path.cwd()}; go to its folder"
        )
    return cast("type[Claim]", found)
