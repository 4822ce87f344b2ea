"""Calling kubectl: for kustomize, and for the streams to agents. It is told the context each time."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.errors import HarnessFailed, Misuse

# One that is of a cluster's own version goes before that of the machine.
OURS = Path("~/.cache/squall/bin/kubectl")
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
    """Return the path of kubectl: the one made for our cluster first, for its version is the cluster's.

    Raises:
        Misuse: there is none.
    """
    if (ours := OURS.expanduser()).exists():
        return str(ours)
    if (any_ := shutil.which("kubectl")) is None:
        raise Misuse(f"there is no kubectl on PATH nor at {OURS}: install the one of your cluster's version")
    return any_
