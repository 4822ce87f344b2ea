"""All claims by name: from a claim to plain fields for the record, and back. Claims are found in this folder."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import cast

from pydantic import JsonValue as Json
from pydantic import TypeAdapter, ValidationError

import squall.claims
from squall.claims.claim import Claim
from squall.errors import Misuse
from squall.record import ClaimPlan


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
    return ClaimPlan(text, type(claim).__name__, dataclasses.asdict(claim), keyword)


def restored(plan: ClaimPlan, limits: Mapping[str, Json] | None = None) -> Claim:
    """Return the claim of a record, with some of its fields replaced.

    Raises:
        Misuse: a claim or a field that this version does not know, or a value that does not fit.
    """
    if (kind := claims().get(plan.name)) is None:
        raise Misuse(f"reading a claim: {plan.name} is not known here (known: {', '.join(claims())})")
    fields = {**plan.fields, **(limits or {})}
    if unknown := fields.keys() - {field.name for field in dataclasses.fields(kind)}:  # type: ignore[arg-type]
        raise Misuse(f"reading {plan.name}: it has no {', '.join(sorted(unknown))} here")
    try:
        return TypeAdapter(kind).validate_python(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Misuse(f"reading {plan.name}: {first['loc'][0]}: {first['msg']}") from error
