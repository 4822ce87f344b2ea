"""Whether a run still says that it lives, as it is seen in its lease in the API. No clock of another machine counts."""

from collections.abc import Callable
from dataclasses import dataclass

from squall.agent.expiry.marks import Object

# Twice a lease's length: a guard has undone by then, or never will. (s)
SILENT = 30.0

# Method, path, body (None: none); returns the answer, or None for an object that is not there. Raises OSError.
Call = Callable[[str, str, list[Object] | None], Object | None]


@dataclass
class Pulse:
    """The lease of one run; ``uptime`` is CLOCK_MONOTONIC. What counts is when a renewal was seen, not what it says."""

    run: str
    path: str
    call: Call
    uptime: Callable[[], float]
    _said: str = ""
    _since: float | None = None

    def silent(self) -> bool:
        """Look, and say whether nothing was heard of the run for ``SILENT`` seconds.

        Raises:
            OSError: the server does not answer. Nobody can renew then either, so the time begins anew.
        """
        try:
            found = self.call("GET", self.path, None)
        except OSError:
            self._since = None
            raise
        spec = (found or {}).get("spec") or {}
        said = str(spec.get("renewTime")) if spec.get("holderIdentity") == self.run else ""
        if self._since is None or said != self._said:
            self._said, self._since = said, self.uptime()
        return self.uptime() - self._since >= SILENT
