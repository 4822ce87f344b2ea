"""Users of a deployed system: what its pools, its cache and its services are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from squall.load.process import LoadProcess
from squall.system.system import System
from tests.kind.gate import ROOT


@contextmanager
def arriving(system: System, url: str, folder: Path, run: str) -> Iterator[None]:
    """Let users of a system arrive at its normal rate while the block runs; their requests name the run."""
    load = LoadProcess.start(system.load, url, folder / "requests.bin", lambda kind, what: None, root=ROOT, run=run)
    try:
        yield
    finally:
        load.stop()
