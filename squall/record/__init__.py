"""The record of a run: its folder, its plan, what happened, what each request came to, and the judgement.

The names below are imported when they are first asked for: the prober writes samples and does not load pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from squall.record.columns import Samples as Samples
    from squall.record.event import Event as Event
    from squall.record.folder import Record as Record
    from squall.record.folder import RunFolder as RunFolder
    from squall.record.folder import schemas as schemas
    from squall.record.judgement import Judgement as Judgement
    from squall.record.plan import Plan as Plan
    from squall.record.samples import Sample as Sample

_HOMES = {
    "Event": "event",
    "Judgement": "judgement",
    "Plan": "plan",
    "Record": "folder",
    "RunFolder": "folder",
    "Sample": "samples",
    "Samples": "columns",
    "schemas": "folder",
}
__all__ = ["Event", "Judgement", "Plan", "Record", "RunFolder", "Sample", "Samples", "schemas"]


def __getattr__(name: str) -> object:
    """Return a name of the package's face from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
