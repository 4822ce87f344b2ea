"""All faults by name, found in this folder."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import cast

import squall.faults
from squall.faults.fault import Fault


@cache
def faults() -> Mapping[str, type[Fault]]:
    """Return each fault class of this folder by its name; what several share and describes nothing is none."""
    found: dict[str, type[Fault]] = {}
    for module in pkgutil.iter_modules(squall.faults.__path__):
        for value in vars(importlib.import_module(f"squall.faults.{module.name}")).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and hasattr(value, "describe"):
                found[value.__name__] = cast("type[Fault]", value)
    return dict(sorted(found.items()))
