"""How the stores of a compose project are reached: by a port of this machine that leads to the container. Pure."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from squall.platforms.stores.endpoint import Door, Loopback, reached
from squall.system.compose import Compose


def doors(section: Compose, numbers: Sequence[int], folder: Path) -> Iterator[Door]:
    """Yield the door of each store, at the ports that lead to them; ``folder`` is there as long as the project is."""
    for (service, store), number in zip(section.stores.items(), numbers, strict=True):
        yield reached(service, store, Loopback(port=number, folder=str(folder)))
