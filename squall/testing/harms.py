"""Harms through the platform's own objects, simulated: what they do to users and how they end, in virtual time."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from squall.errors import InjectionFailed
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulated harm is given by its platform: the moment, how it is told, how users are hit and freed."""

    now: Callable[[], float]
    call: Callable[[str], None]
    immune: bool
    ended: Ended
    silence: Callable[[], None]
    free: Callable[[], None]


@dataclass(frozen=True, slots=True)
class SimulatedHarming:
    """One harm; ``hits`` says whether users feel it while it stands."""

    name: str
    on: Simulation
    hits: bool = True

    def warnings(self) -> Sequence[str]:
        """Warn of what is simulated, if someone else ends it."""
        return ["someone else will end it"] if self.on.ended is Ended.BY_OTHERS else []

    def undo(self, run: str) -> Sequence[Undo]:
        """Return one undo."""
        return [Undo("simulated", f"the {self.name}", {})]

    def prepare(self, run: str) -> None:
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Harm at once, unless it is so already."""
        self.on.call(self.name)
        if self.on.immune:
            raise InjectionFailed(f"{self.name}: it is so already")
        if self.hits:
            self.on.silence()
        now = self.on.now()
        return [Evidence("the object", True, f"{self.name} has its effect", Interval(now, now + 0.002))]

    def end(self, run: str) -> Sequence[Ending]:
        """Free the users."""
        self.on.call(f"end {self.name}")
        self.on.free()
        return [Ending("the object", self.on.ended, f"{self.name} is over", Interval.exact(self.on.now()))]

    def ended(self, run: str) -> Sequence[Ending]:
        """Tell if someone else has ended it."""
        if self.on.ended is not Ended.BY_OTHERS:
            return []
        return [Ending("the object", self.on.ended, "changed by someone else", Interval.exact(self.on.now()))]


class SimulatedHarms:
    """Offers what real platforms do to their own objects. The platform that has it says what it is given."""

    def simulation(self) -> Simulation:
        """Return it."""
        raise NotImplementedError

    def workers(self) -> Collection[str]:
        """Return the one node."""
        return ("node-1",)

    def cordoning(self, nodes: Sequence[str]) -> SimulatedHarming:
        """Cordon, which no user feels."""
        return SimulatedHarming("cordon", self.simulation(), hits=False)

    def draining(self, nodes: Sequence[str]) -> SimulatedHarming:
        """Drain the one node that there is, which users feel."""
        return SimulatedHarming("drain", self.simulation())

    def stopping(self, nodes: Sequence[str]) -> SimulatedHarming:
        """Stop the one node that there is."""
        return SimulatedHarming("stop", self.simulation())

    def freezing(self, nodes: Sequence[str]) -> SimulatedHarming:
        """Freeze the one node that there is."""
        return SimulatedHarming("freeze of a node", self.simulation())

    def losing(self, nodes: Sequence[str]) -> SimulatedHarming:
        """Lose the one node that there is."""
        return SimulatedHarming("loss", self.simulation())

    def freezing_api_server(self) -> SimulatedHarming:
        """Let the API server hang, which no user feels."""
        return SimulatedHarming("freeze of the API server", self.simulation(), hits=False)

    def scaling(self, service: str, count: int) -> SimulatedHarming:
        """Scale, which users feel only if nothing is left."""
        return SimulatedHarming("scale", self.simulation(), hits=count == 0)

    def misdirecting(self, service: str) -> SimulatedHarming:
        """Let nobody be reached."""
        return SimulatedHarming("misdirection", self.simulation())

    def closing(self, service: str) -> SimulatedHarming:
        """Let nobody in."""
        return SimulatedHarming("closing", self.simulation())

    def switching(self, service: str, to: str) -> SimulatedHarming:
        """Put others behind the door, who answer nobody."""
        return SimulatedHarming("switch", self.simulation())

    def pausing(self, service: str) -> SimulatedHarming:
        """Let nothing come out, which no user feels."""
        return SimulatedHarming("pause", self.simulation(), hits=False)

    def rolling_back(self, service: str) -> SimulatedHarming:
        """Bring the version before out by turns, which no user feels."""
        return SimulatedHarming("rollback", self.simulation(), hits=False)

    def configuring(self, service: str, configuration: str) -> SimulatedHarming:
        """Put in place what no instance can start with."""
        return SimulatedHarming("configuration", self.simulation())

    def rotating(self, service: str, secret: str) -> SimulatedHarming:
        """Rotate a secret, which no user feels: who reads it is started anew by turns."""
        return SimulatedHarming("rotation", self.simulation(), hits=False)

    def pinning(self, service: str) -> SimulatedHarming:
        """Pin an autoscaler, which no user feels at a steady load."""
        return SimulatedHarming("pin", self.simulation(), hits=False)

    def felling(self) -> SimulatedHarming:
        """Take all down."""
        return SimulatedHarming("outage", self.simulation())
