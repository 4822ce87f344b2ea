"""Harms that a platform does to its own objects, as capabilities. No platform code in here, and no fault.

A platform that has one of these returns a ``Harming`` that is aimed and not yet done. What stands is read from the
platform itself, never remembered, so any process can go on where another ended.
"""

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from squall.instances import Ending, Evidence
from squall.safety.undo_log import Undo


class Harming(Protocol):
    """One harm to objects of the platform."""

    def warnings(self) -> Sequence[str]:
        """Return what may get in its way or revert it, one line each. Reads only."""
        ...

    def undo(self, run: str) -> Sequence[Undo]:
        """Return what is written down before it is prepared. Reads only."""
        ...

    def prepare(self, run: str) -> None:
        """Put in place what the harm and its proof need, without harming."""
        ...

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Do it and read its effect at each object; ``lasts`` in seconds, 0: until it is taken back.

        Raises:
            InjectionFailed: nothing was written, because it is so already or someone else changed it.
        """
        ...

    def end(self, run: str) -> Sequence[Ending]:
        """End it as the scenario states, and read that it is over; what someone else changed is left alone.

        Raises:
            HarnessFailed: it cannot be ended, or that cannot be told.
        """
        ...

    def ended(self, run: str) -> Sequence[Ending]:
        """Return an ending for each object at which it no longer stands, though squall has not ended it."""
        ...


@runtime_checkable
class Nodes(Protocol):
    """Knows the nodes that instances run on."""

    def workers(self) -> Collection[str]:
        """Return the nodes that may be harmed: never one of the control plane."""
        ...


@runtime_checkable
class Cordons(Nodes, Protocol):
    """Can keep nodes from being given new instances."""

    def cordoning(self, nodes: Sequence[str]) -> Harming:
        """Return the harm that cordons nodes."""
        ...


@runtime_checkable
class Drains(Nodes, Protocol):
    """Can empty nodes of the system's instances."""

    def draining(self, nodes: Sequence[str]) -> Harming:
        """Return the harm that drains nodes."""
        ...


@runtime_checkable
class Machines(Nodes, Protocol):
    """Can stop the machines that nodes are."""

    def stopping(self, nodes: Sequence[str]) -> Harming:
        """Return the harm that stops nodes as by a power cut."""
        ...

    def freezing(self, nodes: Sequence[str]) -> Harming:
        """Return the harm that freezes nodes."""
        ...

    def losing(self, nodes: Sequence[str]) -> Harming:
        """Return the harm that stops nodes and makes the platform forget them."""
        ...


@runtime_checkable
class ControlPlane(Protocol):
    """Can harm what the platform itself is run by."""

    def freezing_api_server(self) -> Harming:
        """Return the harm that lets the API server hang."""
        ...


@runtime_checkable
class Scales(Protocol):
    """Can set how many instances of a service are kept."""

    def scaling(self, service: str, count: int) -> Harming:
        """Return the harm that scales a service to a count."""
        ...


@runtime_checkable
class ServiceHarms(Protocol):
    """Can change which instances are behind a service's door, and who reaches it."""

    def misdirecting(self, service: str) -> Harming:
        """Return the harm that makes the door of a service select nobody."""
        ...

    def closing(self, service: str) -> Harming:
        """Return the harm that makes the door of a service reachable from inside alone."""
        ...

    def switching(self, service: str, to: str) -> Harming:
        """Return the harm that puts the instances of the service ``to`` behind the door of another."""
        ...


@runtime_checkable
class Rollouts(Protocol):
    """Rolls changes of a service out by turns, and knows the version before."""

    def pausing(self, service: str) -> Harming:
        """Return the harm that keeps changes of a service from coming out."""
        ...

    def rolling_back(self, service: str) -> Harming:
        """Return the harm that gives a service the version before its current one."""
        ...


@runtime_checkable
class Configures(Protocol):
    """Keeps the configuration of services where it can be changed."""

    def configuring(self, service: str, configuration: str) -> Harming:
        """Return the harm that puts a configuration in place, by the name that the system file has for it.

        Raises:
            Misuse: the file names none of that name for the service.
        """
        ...


@runtime_checkable
class Rotates(Protocol):
    """Keeps the secrets of services, and knows at which store one of them is the password."""

    def rotating(self, service: str, secret: str) -> Harming:
        """Return the harm that changes a secret at both of its ends.

        Raises:
            Misuse: the system file does not say at which store it is the application's password.
        """
        ...


@runtime_checkable
class Autoscales(Protocol):
    """Has autoscalers, and can change their bounds."""

    def pinning(self, service: str) -> Harming:
        """Return the harm that keeps the autoscaler of a service from doing anything."""
        ...


@runtime_checkable
class Fells(Protocol):
    """Can take all services of the system down, and bring them back in order."""

    def felling(self) -> Harming:
        """Return the harm that takes everything down."""
        ...
