"""Figures from samples and events, each with its own error bound. Pure: nothing here waits, reads files or decides.

``success`` is here for claims of users' own. It is imported when it is asked for: who reads one module of this package
does not pay for the others.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from squall.measure.users import success as success

__all__ = ["success"]


def __getattr__(name: str) -> object:
    """Return a name of the package's face."""
    if name != "success":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from squall.measure.users import success

    return success
