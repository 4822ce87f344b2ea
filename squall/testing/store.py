"""A simulated store, in virtual time: what ``platforms.stores`` does to real ones, as a fault sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.clock import Clock
from squall.errors import HarnessFailed, InjectionFailed
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.safety.undo_log import Undo


@dataclass
class SimulatedStore:
    """A store on which a service depends: ``felt`` is called with the seconds for which a harm to it is felt."""

    endpoint: StoreEndpoint
    clock: Clock
    felt: Callable[[float], None]
    immune: bool = False
    ended: Ended = Ended.AS_STATED
    # For how long a harm that is done in an instant is felt.
    gap: float = 0.0
    # How much is brought to its queues each second, and when whoever takes it was stopped (0: never).
    brought: float = 0.0
    stopped: float = 0.0
    # Raises InjectionFailed unless the run may harm.
    owned: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._starts = 1
        self._begun: set[str] = set()
        self.calls: list[str] = []

    def undo(self, harm: str, run: str, remembers: bool) -> Undo:
        return Undo("simulated", f"{harm} in {self.endpoint.service}", {})

    def attend(self, run: str) -> None:
        """Be there."""
        self.calls.append("attend")

    def harm(self, harm: str, run: str, **order: Json) -> Evidence:
        """Harm at once, unless the store is immune."""
        self.owned()
        self.calls.append(harm)
        onset = Interval(self.clock.now(), self.clock.now() + 0.002)
        if self.immune:
            return Evidence(self.endpoint.service, False, f"{harm} has no effect", onset)
        if length := float(str(order.get("lasts", self.gap))):
            self.felt(length)
        if "lasts" in order:
            self._begun.add(harm)
        return Evidence(self.endpoint.service, True, f"{harm} has its effect", onset)

    def look(self, harm: str, run: str) -> Mapping[str, Json]:
        """Return that somebody waits."""
        return {"wait": 1}

    def backlog(self, queue: str, run: str) -> int:
        """Return how much waits: what was brought since somebody who takes it was stopped."""
        if queue not in self.endpoint.queues:
            raise InjectionFailed(f"looking into {self.endpoint.service}: it has no queue {queue!r}")
        return int((self.clock.now() - self.stopped) * self.brought) if self.stopped else 0

    def logins(self, run: str) -> Mapping[str, float]:
        """Return nobody."""
        return {}

    def started(self, run: str) -> str:
        """Return the number of its start; each harm that was done to the process itself is another."""
        return str(self._starts)

    def start_again(self) -> None:
        """Be another start of the same store."""
        self._starts += 1

    def end(self, harm: str, run: str) -> Ending:
        """Let it be felt no longer, and tell how it ended."""
        if harm not in self._begun:
            raise HarnessFailed(f"ending {harm} in {self.endpoint.service}: it was not begun")
        self.felt(0.0)
        self.calls.append(f"end {harm}")
        return Ending(self.endpoint.service, self.ended, f"{harm} is over", Interval.exact(self.clock.now()))
