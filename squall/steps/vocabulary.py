"""The modules that hold squall's own sentences, in the order of a scenario: Given, When, Then."""

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from squall.steps import claims, harms, load, steady


def modules() -> Sequence[ModuleType]:
    """Return them; each file of ``harms`` is found."""
    names = [module.name for module in pkgutil.iter_modules(harms.__path__)]
    return (steady, load, *(importlib.import_module(f"{harms.__name__}.{name}") for name in names), claims)
