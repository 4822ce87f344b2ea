"""Who owns a target: one run at a time, for as long as it says so again and again.

The decision and the thread that renews are here; where a lease is kept (a Lease object, a lock file) is the platform's.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from squall.clock import boottime
from squall.errors import SquallError

# Seconds that a lease is good for, and between two renewals.
LENGTH = 15.0
EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it is now: who holds it (nobody: an empty text), since which takeover, and when it was renewed."""

    holder: str = ""
    epoch: int = 0
    renewed: datetime | None = None
    length: float = LENGTH

    @property
    def until(self) -> datetime | None:
        """When it runs out, in wall time; None if nobody holds it."""
        if not self.holder or self.renewed is None:
            return None
        # What somebody wrote there need not be a time that ends.
        latest = datetime.max.replace(tzinfo=self.renewed.tzinfo)
        return self.renewed + min(timedelta(seconds=self.length), latest - self.renewed)

    def free(self, run: str, now: datetime) -> bool:
        """Say whether a run may take it: nobody holds it, its holder is silent for too long, or the run has it."""
        return self.until is None or self.until <= now or self.holder == run

    def taken(self, run: str, now: datetime) -> "Lease":
        """Return the lease in the hands of a run; each change of hands is a new epoch."""
        return Lease(run, self.epoch if self.holder == run else self.epoch + 1, now, LENGTH)


class Renewal:
    """Calls ``renew`` every few seconds in a thread, until another run has the lease or ``stop`` is called.

    A renewal that fails is tried again, also after the lease has run out: as long as nobody else takes it, it is ours
    again with the next one that succeeds. ``tell`` gets a line when it has run out, and when it is renewed again.
    ``now`` is CLOCK_BOOTTIME: a machine that was suspended may have lost the lease in its sleep.
    """

    def __init__(
        self,
        renew: Callable[[], bool],
        every: float = EVERY,
        length: float = LENGTH,
        tell: Callable[[str], None] = lambda text: None,
        now: Callable[[], float] = boottime,
    ) -> None:
        self._renew, self._every, self._length, self._tell, self._now = renew, every, length, tell, now
        self._renewed, self._taken, self._failure, self._told = now(), False, "no answer", False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> str | None:
        """Say why the lease is not ours, or None: it is."""
        if self._taken:
            return "another run has taken it"
        silent = self._now() - self._renewed
        return None if silent < self._length else f"it could not be renewed for {silent:.0f} s: {self._failure}"

    def stop(self) -> None:
        """End the renewing; the lease stays as it is."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._taken and not self._stopping.wait(self._every):
            # The lease counts from when it was written, and an answer may be late.
            began = self._now()
            try:
                self._taken = not self._renew()
            except SquallError as error:
                self._failure = str(error)
            else:
                self._heard(began)
            if not self._told and (lost := self.lost) is not None:
                self._told = True
                self._tell(f"the run's lease: {lost}")

    def _heard(self, began: float) -> None:
        if self._taken:
            self._told = False
            return
        if (silent := self._now() - self._renewed) >= self._length:
            self._told = False
            self._tell(f"the run's lease: it is renewed again after {silent:.0f} s, in which nobody took it")
        self._renewed = began
