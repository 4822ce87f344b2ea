"""A real Alertmanager on a port of 127.0.0.1: the machine's own, or the one that is built into the cache."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.platforms.stores.servers import free_port

HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
BUILT = Path(os.environ.get("SQUALL_CACHE") or HOME / "squall") / "bin"
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
ANSWERS_WITHIN = 20.0


def program() -> str:
    """Return it; skips the test where there is none."""
    if (found := shutil.which("alertmanager", path=f"{os.environ['PATH']}:{BUILT}")) is None:
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
            _answers(url := f"http://127.0.0.1:{port}", folder)
            yield url
        finally:
            process.kill()


def _answers(url: str, folder: Path) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/-/ready", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError((folder / "alertmanager.log").read_text())
