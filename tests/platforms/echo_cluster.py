"""The platform's own test system on a kind cluster, and what its tests share."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from squall.platforms.kind.platform import Kind
from squall.record.event import Event, InstanceChanged
from squall.system.system import System

CONTEXT = os.environ.get("SQUALL_TEST_CONTEXT", "kind-squall")
SYSTEM = System.read(Path(__file__).parent / "echo_system" / "system.yaml")


def platform() -> Kind:
    return Kind(SYSTEM, CONTEXT)


def quiet(_: str) -> None:
    pass


@dataclass
class Timeline:
    events: list[Event] = field(default_factory=list)

    def await_event(self, wanted: Callable[[Event], bool], within: float = 20.0) -> Event:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if (found := next((event for event in list(self.events) if wanted(event)), None)) is not None:
                return found
            time.sleep(0.02)
        raise AssertionError(f"not seen within {within} s among {self.events}")


def state(name: str, word: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, InstanceChanged) and event.name == name and event.state == word
