"""Questions and orders to the cluster's API, through its own kubectl. Answers are JSON, read where they are used."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import versions
from cluster.command import Answer, ask
from cluster.errors import Broken

__all__ = ["Kubectl"]


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl, bound to this cluster whatever the user's current context is."""

    program: Path

    @property
    def _cache(self) -> Path:
        # Not ~/.kube/cache: `down` leaves no file outside our own folder.
        return self.program.parent / "kubectl-cache"

    def ask(self, *words: str, within: float = 10, stdin: str = "") -> Answer:
        """Run it; failing is an answer too."""
        bound = ("--context", versions.CONTEXT, "--cache-dir", str(self._cache), f"--request-timeout={within:g}s")
        return ask(self.program, *bound, *words, within=within + 2, stdin=stdin)

    def run(self, *words: str, within: float = 30, stdin: str = "") -> str:
        """Run it and return what it printed; raises Broken."""
        answer = self.ask(*words, within=within, stdin=stdin)
        if not answer.good:
            raise Broken(f"`kubectl {' '.join(words[:5])}` failed", answer.err)
        return answer.out

    def items(self, kinds: str, *words: str) -> Sequence[Any]:
        """List objects of one or more kinds; an API that does not answer raises Broken."""
        return list(json.loads(self.run("get", kinds, "--output", "json", *words, within=5))["items"])

    def apply(self, manifest: Path) -> None:
        """Bring objects to what a file says."""
        self.run("apply", "--filename", str(manifest))
