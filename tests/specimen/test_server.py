"""How the process stops, with the loop's own time and without a port."""

import asyncio
import signal

import uvicorn

from specimen.lifecycle import Life
from specimen.server import DrainingServer
from tests.specimen.doubles import Watch


async def nothing(*_: object) -> None:
    """Be an application."""


def server(life: Life, drain: float) -> DrainingServer:
    return DrainingServer(uvicorn.Config(nothing), life, drain)


def test_told_to_stop_it_drains_first(watch: Watch) -> None:
    async def told() -> tuple[bool, bool, bool]:
        life = Life(0.0, watch)
        stopping = server(life, 0.02)
        stopping.handle_exit(signal.SIGTERM, None)
        at_once = stopping.should_exit
        await asyncio.sleep(0.05)
        return life.draining, at_once, stopping.should_exit

    assert asyncio.run(told()) == (True, False, True)


def test_told_twice_or_interrupted_it_does_not_drain(watch: Watch) -> None:
    async def told() -> tuple[bool, bool]:
        twice, interrupted = server(Life(0.0, watch), 60.0), server(Life(0.0, watch), 60.0)
        twice.handle_exit(signal.SIGTERM, None)
        twice.handle_exit(signal.SIGTERM, None)
        interrupted.handle_exit(signal.SIGINT, None)
        return twice.should_exit, interrupted.should_exit

    assert asyncio.run(told()) == (True, True)
