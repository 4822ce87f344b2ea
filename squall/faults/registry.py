"""All faults by name, and all ways to compose them, found in this folder."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

import squall.faults
from squall.faults.fault import Composed, Fault


@cache
def faults() -> Mapping[str, type[Fault]]:
    """Return each fault class of this folder by its name; what several share and describes nothing is none."""
    return {kind.__name__: cast("type[Fault]", kind) for kind in _described() if not hasattr(kind, "parts")}


@cache
def compositions() -> Mapping[str, type[Composed]]:
    """Return each way to make one harm of several, by its name."""
    return {kind.__name__: cast("type[Composed]", kind) for kind in _described() if hasattr(kind, "parts")}


def _described() -> Iterator[type[object]]:
    found: dict[str, type[object]] = {}
    for module in pkgutil.iter_modules(squall.faults.__path__):
        for value in vars(importlib.import_module(f"squall.faults.{module.name}")).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and hasattr(value, "describe"):
                found[value.__name__] = value
    return iter(found[name] for name in sorted(found))
