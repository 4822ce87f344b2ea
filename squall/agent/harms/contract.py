"""The contract of a harm that an agent carries out, and what it answers with."""

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum, auto
from typing import Protocol, TypeVar, runtime_checkable

from squall.agent.scope.scope import Scope
from squall.agent.wire import Message

T = TypeVar("T")
R = TypeVar("R")
# How a harm that lasts came to its end at a target: as the scenario states; the target went, and the harm with it;
# someone else took it away.
AS_STATED, TARGET_GONE, BY_OTHERS = "as stated", "target gone", "by others"


class Means(Enum):
    """What an agent must have at a target for a harm; a platform says which of them its agents have."""

    # It may send signals to the target's processes.
    SIGNALS = auto()
    # The target's calls pass a proxy of ours: one that is always in front of it, or one in its own network.
    PROXY = auto()
    # The target has a network namespace of its own, and the agent may enter it.
    NETWORK = auto()
    # The target has control groups of its own, which the agent may write to.
    CONTROL_GROUP = auto()
    # The target has a file system of its own, which the agent may enter.
    FILE_SYSTEM = auto()


class Ready(Protocol):
    """A harm whose targets are all found and pinned; nothing has been done yet."""

    def journal(self) -> Message:
        """Return what is written down before it is done: all that ``Harm.undo`` needs."""
        ...

    def do(self) -> Message:
        """Do it, and return ``{"targets": [...]}`` with an ``effect`` for each target, in the order's order."""
        ...

    def close(self) -> None:
        """Let go of what was pinned; not the harm itself. Called once, after ``do`` or ``end``, or in their place."""
        ...


@runtime_checkable
class ActiveUntilEnded(Ready, Protocol):
    """A harm that is active until it is ended."""

    def end(self) -> Message:
        """End it, read that it is over, and return ``{"targets": [...]}`` with an ``ending`` for each target."""
        ...


@runtime_checkable
class Renewed(Protocol):
    """A harm that the kernel ends by itself unless it is told every few seconds that it is still meant."""

    def renew(self) -> None:
        """Tell it so. Whether that was in time is the harm's to say when it ends."""
        ...


@runtime_checkable
class CountsPassing(Protocol):
    """What also counts, or only counts, who passes."""

    def seconds(self, since: int) -> Message:
        """Return ``{"targets": [{"seconds": [...]}]}``: for each target the seconds that are over, from one on."""
        ...


class Harm(Protocol):
    """A way to harm something on this node, ``needs`` says by which means.

    One file each, which names it in ``HARMS``: the registry finds it there.
    """

    @property
    def needs(self) -> Collection[Means]:
        """By which means it is done: all of them."""
        ...

    def pin(self, order: Message, scope: Scope) -> Ready:
        """Find and pin all targets of the order. Raises Refused, and then nothing has been done."""
        ...

    def undo(self, entry: Message) -> str:
        """Revert what a journal's entry says, as far as it is still ours, and return what was read back.

        Called for a harm whose agent died or could not end it, and again if it failed: whatever of it is reverted
        already stays so. Raises OSError if something of it is still active.
        """
        ...


def effect(proven: bool, how: str, sent: float | None = None, seen: float | None = None) -> Message:
    """Return what a harm did to one target.

    ``sent`` is the moment before it left and ``seen`` that of the first proof (CLOCK_MONOTONIC of this machine);
    ``how`` is for people.
    """
    return {"proven": proven, "how": how, "sent": sent, "seen": seen}


def ending(
    how_it_ended: str, how: str, sent: float | None = None, seen: float | None = None, harmed: int | None = None
) -> Message:
    """Return how a harm ended at one target: the moment before that was ordered, and when it was seen to be over.

    ``harmed`` is how many calls of others it met, for one that is in the way of calls.
    """
    return {"ending": how_it_ended, "how": how, "sent": sent, "seen": seen, "harmed": harmed}


def seconds(order: Message, longest: float) -> float:
    """Return how long the order's harm is to last. Raises ValueError: not above 0, or too long."""
    lasts = float(order["lasts"])
    if not 0 < lasts <= longest:
        raise ValueError(f"a harm lasts up to {longest:g} s, not {lasts:g}")
    return lasts


def each_of(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do the work for each item, also after it has failed for another, and return what came of it.

    Raises:
        OSError: it failed for some, with what each of them said.
    """
    done, failed = [], []
    for item in items:
        try:
            done.append(work(item))
        except Exception as error:  # noqa: BLE001 - one target is no reason to leave the next one harmed
            failed.append(str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}")
    if failed:
        raise OSError("; ".join(failed))
    return done


def targets(each: Sequence[Message]) -> Message:
    """Return the answer that holds them."""
    return {"targets": list(each)}
