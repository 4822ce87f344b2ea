"""What the proxy does to what passes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

PASS, SLOW, ERRORS, RESET, SILENT = "pass", "slow", "errors", "reset", "silent"

# Seconds. That a harm bit is to be known while the harness waits for the answer to its order.
LONGEST = 5.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """``delay`` and ``jitter`` in seconds (slow); ``share`` from 0 to 1 and ``status`` (errors); ``share`` (reset).

    ``new``: only connections that came after it are treated so.
    """

    does: str = PASS
    delay: float = 0.0
    jitter: float = 0.0
    share: float = 1.0
    status: int = 503
    new: bool = False

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> Self:
        """Read it from an order. Raises ValueError, KeyError, TypeError: it means nothing."""
        behaviour = cls(
            str(order["does"]),
            float(order.get("delay", 0.0)),
            float(order.get("jitter", 0.0)),
            float(order.get("share", 1.0)),
            int(order.get("status", 503)),
            not order.get("established", True),
        )
        if behaviour.does not in {PASS, SLOW, ERRORS, RESET, SILENT}:
            raise ValueError(f"a proxy cannot {behaviour.does}")
        if behaviour.delay > LONGEST:
            raise ValueError(f"answers that are more than {LONGEST:g} s late cannot be waited for")
        if not 0 <= behaviour.jitter <= behaviour.delay or (behaviour.does == SLOW) != (behaviour.delay > 0):
            raise ValueError(f"a delay of {behaviour.delay:g} s with a jitter of {behaviour.jitter:g} s")
        if not 0 < behaviour.share <= 1:
            raise ValueError(f"a share of {behaviour.share:g}")
        return behaviour

    def order(self) -> dict[str, Any]:
        """Return the order that it is read from."""
        return {
            "does": self.does, "delay": self.delay, "jitter": self.jitter,
            "share": self.share, "status": self.status, "established": not self.new,
        }  # fmt: skip


class Dice:
    """Chooses a share evenly: of a hundred at 30 % exactly thirty."""

    def __init__(self) -> None:
        self._owed = 0.0

    def falls(self, share: float) -> bool:
        """Say whether the next one is chosen."""
        self._owed += share
        if self._owed < 1 - 1e-9:
            return False
        self._owed -= 1
        return True
