"""What an agent can be ordered to do, found in this folder: each module names its harms in ``HARMS``.

A harm is called as the class of the fault that orders it, and nothing else is named here.
"""

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Mapping

import squall.agent.harms
from squall.agent.harms.contract import Harm, Means
from squall.agent.harms.proxied import WATCH, WATCH_CALLS


def _found() -> Iterator[tuple[str, Harm]]:
    for module in pkgutil.iter_modules(squall.agent.harms.__path__, f"{squall.agent.harms.__name__}."):
        if module.name != __name__:
            yield from getattr(importlib.import_module(module.name), "HARMS", {}).items()


# By the name that orders call them.
HARMS: Mapping[str, Harm] = dict(_found())
# Whatever is ordered: watching calls harms nobody.
ORDERS: Mapping[str, Harm] = {**HARMS, WATCH_CALLS: WATCH}


def harms_by(means: Collection[Means]) -> frozenset[str]:
    """Return the names of the harms that can be done where an agent has these means."""
    return frozenset(name for name, harm in HARMS.items() if set(harm.needs) <= set(means))
