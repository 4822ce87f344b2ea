"""A real Alertmanager on a port of 127.0.0.1: the machine's own, or the one that is built into the cache."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from cluster.cache import Cache
from tests.platforms.stores.servers import free_port
from tests.platforms.tiny_system import until

CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
ANSWERS_WITHIN = 20.0


def program() -> str:
    """Return it; skips the test where there is none."""
    if (found := shutil.which("alertmanager", path=f"{os.environ['PATH']}:{Cache.of_user().bin}")) is None:
        pytest.skip("there is no Alertmanager; make alertmanager builds one")
    return found


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Yield its address."""
    (folder / "alertmanager.yml").write_text(CONFIG)
    port = free_port()
    command = [program(), f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/kept",
               f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]  # fmt: skip
    with (folder / "alertmanager.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: _ready(url), ANSWERS_WITHIN)
            yield url
        finally:
            process.kill()


def _ready(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/-/ready", trust_env=False).is_success
    return False
