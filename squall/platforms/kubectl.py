"""Calling kubectl: for kustomize, and for the streams to agents. It is told the context each time."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.errors import HarnessFailed, Misuse

WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The kubectl of this machine, for one context (empty: for what touches no cluster)."""

    context: str
    kubeconfig: str | None = None

    def run(self, *words: str, given: str | None = None) -> str:
        """Run it to its end and return what it printed.

        Raises:
            HarnessFailed: with the last line it wrote to stderr.
        """
        try:
            done = subprocess.run(
                self.command(words), input=given, capture_output=True, text=True, timeout=WITHIN, check=False,
                start_new_session=True, env=self.environment(),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise HarnessFailed(f"kubectl {' '.join(words[:2])}: no end after {WITHIN:.0f} s") from error
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no reason given"]
            raise HarnessFailed(f"kubectl {' '.join(words[:2])}: {said[-1]}")
        return done.stdout

    def open(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start it with pipes to its stdin and stdout, in a session of its own: a terminal's Ctrl-C is not for it."""
        return subprocess.Popen(
            self.command(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True, env=self.environment(),
        )  # fmt: skip

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the whole command."""
        return [found(), *(["--context", self.context] if self.context else []), *words]

    def environment(self) -> dict[str, str]:
        """Return the environment, with the kubeconfig that the API client uses too."""
        return dict(os.environ) | ({"KUBECONFIG": self.kubeconfig} if self.kubeconfig else {})


def found() -> str:
    """Return the path of kubectl: as everybody finds it, so that what a user puts on PATH is what is called.

    Raises:
        Misuse: there is none.
    """
    if (there := program_path("kubectl")) is None:
        raise Misuse(f"there is no kubectl on PATH nor in {_kept()}: install the one of your cluster's version")
    return there


def program_path(name: str) -> str | None:
    """Return where a program is: on PATH, or else where this repository's ``make kind`` keeps what it brings."""
    return shutil.which(name) or shutil.which(name, path=str(_kept()))


def _kept() -> Path:
    return Path(os.environ.get("SQUALL_CACHE") or "~/.cache/squall").expanduser() / "bin"
