"""What a run left behind: the pure difference of two baselines. Reading them is the platform's.

A baseline names fields and their values. The name of an object that squall made begins with ``OURS`` and its value
is the run that made it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

OURS = "squall's "


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was: our own leftovers, and what someone else changed meanwhile."""

    leftovers: tuple[str, ...]
    changed: tuple[str, ...]


def compare(before: Mapping[str, str], after: Mapping[str, str], run: str) -> Difference:
    """Compare the baselines from before and after a run; what other runs made is neither's business."""
    leftovers, changed = [], []
    for field in sorted(before.keys() | after.keys()):
        was, now = before.get(field), after.get(field)
        if field.startswith(OURS):
            if now == run:
                leftovers.append(f"{field.removeprefix(OURS)} of the run {run} is still there")
        elif was != now:
            changed.append(f"{field} was {_said(was)} and is {_said(now)}")
    return Difference(tuple(leftovers), tuple(changed))


def _said(value: str | None) -> str:
    return "absent" if value is None else value or "empty"
