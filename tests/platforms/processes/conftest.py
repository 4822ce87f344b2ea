from collections.abc import Iterator
from contextlib import closing

import pytest

from squall.platforms.processes.platform import LocalPlatform
from tests.platforms.tiny_system import tiny


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPlatform]:
    """Return the tiny system as it is, up and held by a run; a file that needs another says so itself."""
    with closing(LocalPlatform(tiny())) as on:
        on.check()
        on.deploy((), lambda text: None)
        on.claim_run("run")
        yield on
