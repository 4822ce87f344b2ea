"""Who owns a target: one run at a time, for as long as it says so again and again.

The decision and the thread that renews are here; where a lease is kept (a Lease object, a lock file) is the platform's.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from squall.errors import SquallError

# Seconds that a lease is good for, and between two renewals.
LENGTH = 15.0
EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it stands: who holds it (nobody: an empty text), since which takeover, and when it was renewed."""

    holder: str = ""
    epoch: int = 0
    renewed: datetime | None = None
    length: float = LENGTH

    @property
    def until(self) -> datetime | None:
        """When it runs out, in wall time; None if nobody holds it."""
        if not self.holder or self.renewed is None:
            return None
        return self.renewed + timedelta(seconds=self.length)

    def free(self, run: str, now: datetime) -> bool:
        """Say whether a run may take it: nobody holds it, its holder is silent for too long, or the run has it."""
        return self.until is None or self.until <= now or self.holder == run

    def taken(self, run: str, now: datetime) -> "Lease":
        """Return the lease in the hands of a run; each change of hands is a new epoch."""
        return Lease(run, self.epoch if self.holder == run else self.epoch + 1, now, LENGTH)


class Renewal:
    """Calls ``renew`` every few seconds in a thread, until it is stopped or another run has the lease.

    ``lost`` says why the lease is not ours, or is None. A renewal that fails is tried again; when the lease has run out
    it is lost, and ours again once it can be renewed and nobody has taken it.
    """

    def __init__(self, renew: Callable[[], bool], every: float = EVERY, length: float = LENGTH) -> None:
        self._renew, self._every, self._tries = renew, every, int(length / every)
        self._stopping = threading.Event()
        self.lost: str | None = None
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the renewing; the lease stays as it is."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.wait(self._every):
            try:
                if not self._renew():
                    self.lost = "another run has taken it"
                    return
                # Nobody took it while it could not be renewed: it is ours again.
                failures, self.lost = 0, None
            except SquallError as error:
                failures += 1
                if failures >= self._tries:
                    self.lost = f"it could not be renewed: {error}"
