"""What a platform can do, as small protocols. A fault or a sentence asks for what it needs.

A platform offers only what it has; a scenario that needs more is skipped by name. No platform code in here.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import JsonValue as Json

from squall.instances import Address, Ending, Evidence, Instance
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.record.calls import CallCounts
from squall.record.event import Event
from squall.safety.undo_log import Undo

Tell = Callable[[str], None]
Sink = Callable[[Event], None]


class InstanceWatch(Protocol):
    """A running observation of the platform."""

    def stop(self) -> None:
        """End it; returns when its last event is delivered."""
        ...


@runtime_checkable
class Platform(Protocol):
    """What every platform can do for a system."""

    name: str
    context: str

    def check(self) -> None:
        """Raise Misuse unless the platform is there and may be harmed (guard rails)."""
        ...

    def plan_deploy(self, run: str) -> Sequence[Undo]:
        """Return how to take away what ``deploy`` will start for this run and leave behind if nobody ends it."""
        ...

    def deploy(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Bring the system up with exactly these weaknesses, from fresh instances, and wait until it is ready.

        Raises Misuse for a weakness the system file does not name; HarnessFailed when it does not get ready.
        ``tell`` gets one line for each thing that is waited for.
        """
        ...

    def users_url(self) -> str:
        """Return the base URL by which users reach the system."""
        ...

    def instances(self, service: str) -> Sequence[Instance]:
        """Return the instances of a service that are there now, by name."""
        ...

    def wanted(self, service: str) -> int:
        """Return how many instances the platform is told to keep."""
        ...

    def watch(self, services: Sequence[str], sink: Sink) -> InstanceWatch:
        """Deliver ``instances``, ``instance``, ``endpoint`` and ``note`` events, stamped on arrival."""
        ...

    def baseline(self) -> Mapping[str, str]:
        """Return the fields that a run must leave as they were (name of field: value), for the audit."""
        ...

    def facts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the versions that really run and the tuned values, for the record."""
        ...

    def claim_run(self, run: str) -> Undo:
        """Take the lease of the target for this run and renew it in a thread until ``close``.

        Returns the undo that releases it. Raises Misuse when a living run holds it.
        """
        ...

    def close(self) -> None:
        """Release what the platform object itself holds (connections, threads); not the system."""
        ...


@runtime_checkable
class OnThisMachine(Protocol):
    """Runs the system on squall's own machine: both share its processors with whoever else is there."""

    def processes(self) -> Collection[int] | None:
        """Return the processes below which the system runs, besides those that squall started; None: not known now."""
        ...


@runtime_checkable
class Gauges(Protocol):
    """Can read what instances export of themselves."""

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        """Return the page of metrics that an instance has at ``path``; may be called from any thread.

        Raises HarnessFailed when it is not there, or not whole after ``within`` seconds.
        """
        ...


@runtime_checkable
class Foresees(Protocol):
    """Gives instances the same names each time that it brings a system up, and so knows them before."""

    def foreseen(self, service: str, weaknesses: Sequence[str]) -> Sequence[Instance]:
        """Return the instances that a service will have, by name; they have no incarnation yet."""
        ...


@runtime_checkable
class Arranges(Protocol):
    """Puts things in place while it brings a system up that some harms need, and that no other run should have."""

    def arrange(self, harm: str, service: str) -> None:
        """Let there be, from the next ``deploy`` on, what the agent's harm of that name to a service needs."""
        ...


@dataclass(frozen=True, slots=True)
class Need:
    """What a fault needs: a capability, its own name (of those that it could need it for), and whom it harms.

    ``service`` is empty for the whole system.
    """

    capability: type
    fault: str = ""
    service: str = ""


@runtime_checkable
class KeepsLogs(Protocol):
    """Calls programs of others, and keeps what they print."""

    def keep_logs(self, folder: Path) -> None:
        """Keep it in this folder, which is the run's."""
        ...


@runtime_checkable
class Permits(Protocol):
    """Has a user whose rights may not suffice, and may not offer everywhere what it can do. Reads only, after check."""

    def needed(self, need: Need) -> Sequence[str]:
        """Return each right of a run whose harm needs this."""
        ...

    def missing(self, need: Need) -> Sequence[str]:
        """Return those that are not granted."""
        ...

    def absent(self, need: Need) -> str:
        """Say why it is not to be had here, whatever the rights; empty: it is."""
        ...


@runtime_checkable
class FindsLeftovers(Protocol):
    """Can see what dead runs have left behind. Reads only, after ``check``."""

    def leftovers(self) -> Sequence[str]:
        """Return a line for each harm that is still there although its run does not live."""
        ...


@runtime_checkable
class LooksUpObjects(Protocol):
    """Can say whether what somebody names is there. Reads only, after ``check``."""

    def missing_object(self, kind: str, name: str, selector: str, namespace: str) -> str:
        """Say that an object, or pods with a selector, is not there; empty: it is. Without a namespace: the system's.

        Raises HarnessFailed if the platform does not tell.
        """
        ...


@runtime_checkable
class Host(Protocol):
    """Harms inside the machine where an instance runs, by an agent beside it (``squall.agent``)."""

    def harms(self) -> Collection[str]:
        """Return the names of the agent's harms that mean something on this platform."""
        ...

    def plan_agents(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        """Return the undo of what ``start_agents`` will start; an agent that ends reverts its faults."""
        ...

    def start_agents(self, instances: Sequence[Instance], run: str) -> None:
        """Start an agent beside each of those instances; idempotent, called before the steady state."""
        ...

    def harm(self, name: str, instances: Sequence[Instance], **order: Json) -> Sequence[Evidence]:
        """Do the agent's harm of that name to each instance at once and wait (bounded) for the effect at each."""
        ...

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        """End a harm that lasts, if its agent has not ended it yet, and return how it ended at each instance.

        Raises HarnessFailed if that cannot be told.
        """
        ...


@runtime_checkable
class CountsCalls(Host, Protocol):
    """Can put a proxy in front of an instance that harms nobody, and counts the calls."""

    def count_calls(self, instances: Sequence[Instance]) -> Sequence[Evidence]:
        """Open a proxy in front of each instance, whose agent is started; proven if a call passed through it."""
        ...

    def passed(self, instance: Instance) -> CallCounts | None:
        """Return what passed since it was last asked; None the first time. Raises HarnessFailed."""
        ...


@runtime_checkable
class Network(Host, Protocol):
    """Instances have networks of their own, so that harms to packets tell one service from another."""

    def addresses(self, service: str) -> Sequence[Address]:
        """Return where a service is reached from inside: its instances, and what leads to all of them."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """Can delete an instance through the platform's own API."""

    def plan_delete(self, instances: Sequence[Instance]) -> Sequence[Undo]:
        """Return how they are brought back if the harness dies; nothing where their owner does it by itself."""
        ...

    def delete(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete each (with its uid as a precondition) and wait up to ``within`` seconds until it is really gone."""
        ...


@runtime_checkable
class DeletesByForce(Protocol):
    """Can forget an instance at once, without waiting for what runs it."""

    def delete_by_force(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete each (with its uid as a precondition), without grace, and wait until it is not known any more."""
        ...


@runtime_checkable
class Releases(Protocol):
    """Can have the system's releaser bring out a version of a service, by the name that the system file has for it."""

    def plan_release(self, service: str, release: str) -> Sequence[Undo]:
        """Return how to put it back. Raises Misuse for a release that the file does not name."""
        ...

    def prepare_release(self, service: str, release: str) -> None:
        """Put in place what the releaser needs, and release nothing."""
        ...

    def release(self, service: str, release: str, within: float) -> Sequence[Evidence]:
        """Call the releaser and wait up to ``within`` seconds until an instance of the version is seen.

        The releaser goes on by itself. Whether it rolls back is its own to decide, and nothing here does.
        """
        ...


class StoreHandle(Protocol):
    """A store, and the process that attends it (``squall.platforms.stores``): all harms to it go through that."""

    @property
    def endpoint(self) -> StoreEndpoint:
        """How it is reached."""
        ...

    def undo(self, harm: str, run: str, remembers: bool) -> Undo:
        """Return the undo entry of a harm; for one that ``remembers``, what the store is like is read now."""
        ...

    def attend(self, run: str) -> None:
        """Start its worker, and let it log in once; before the steady state."""
        ...

    def harm(self, harm: str, run: str, **order: Json) -> Evidence:
        """Do a harm and wait (bounded) for its effect. Raises InjectionFailed."""
        ...

    def look(self, harm: str, run: str) -> Mapping[str, Json]:
        """Return what an active harm reads of its effect at this moment. Raises HarnessFailed."""
        ...

    def backlog(self, queue: str, run: str) -> int:
        """Return how much waits in one of its queues, by its name in the system file. Raises InjectionFailed."""
        ...

    def logins(self, run: str) -> Mapping[str, float]:
        """Return from which addresses the application is logged in, and the age of its youngest session there (s).

        Raises InjectionFailed.
        """
        ...

    def started(self, run: str) -> str:
        """Return what tells this start of the store from another. Raises InjectionFailed."""
        ...

    def end(self, harm: str, run: str) -> Ending:
        """End a harm that lasts, if it has not ended yet, and return how it ended. Raises HarnessFailed."""
        ...


@runtime_checkable
class Stores(Protocol):
    """Harms to databases and caches."""

    def stores(self) -> Mapping[str, StoreHandle]:
        """Return the stores that can be reached, by service."""
        ...
