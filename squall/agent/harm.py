"""The contract of a harm that an agent carries out, and what it answers with."""

from typing import Protocol

from squall.agent.place import Place
from squall.agent.wire import Message


class Ready(Protocol):
    """A harm whose targets are all found and held fast; nothing has been done yet."""

    def journal(self) -> Message:
        """Return what is written down before it is done: all that ``Harm.undo`` needs."""
        ...

    def do(self) -> Message:
        """Do it, and return the answer."""
        ...

    def close(self) -> None:
        """Let go of what was held fast; not the harm itself."""
        ...


class Harm(Protocol):
    """A way to harm something on this node. One file each; ``harms.py`` lists them."""

    def aim(self, order: Message, place: Place) -> Ready:
        """Find all targets of the order. Raises Refused, and then nothing has been done."""
        ...

    def undo(self, entry: Message) -> str:
        """Take back what a journal's entry says, if it still stands, and return what was read back."""
        ...
