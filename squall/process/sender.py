"""A child process that sends requests on a schedule until it is stopped: what load and prober have in common."""

from typing import Self

from squall.process.child import Child

# Beyond the last request's own patience: flushing the log and saying goodbye.
_GRACE = 5.0


class Sender:
    """A running child; ``patience`` is how long (s) its last requests may take after the stop."""

    def __init__(self, child: Child, patience: float) -> None:
        self._child = child
        self._patience = patience

    @classmethod
    def awaited(cls, child: Child, kind: str, within: float, patience: float) -> Self:
        """Return the sender once it says ``kind``: its first request is due; end it if it does not.

        Raises:
            Misuse: it refused its settings.
            HarnessFailed: it did not start.
        """
        try:
            child.expect(kind, within=within)
        except BaseException:
            child.stop(0)
            raise
        return cls(child, patience)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it still sends."""
        return self._child.alive

    def failure(self) -> str | None:
        """Say why it ended if nobody asked it to."""
        return self._child.failure()

    def stop(self) -> None:
        """Send nothing more, wait for what is in flight, and end; all samples are written on return."""
        self._child.stop(timeout=self._patience + _GRACE)
