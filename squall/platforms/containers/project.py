"""What one run has on a Docker host: a compose project of its own, all of which carries the run's label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.agent.scope.docker_scope import RUN

# Compose's own labels.
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"


@dataclass(frozen=True, slots=True)
class Project:
    """A project's name, which no other has, and the run that it belongs to."""

    name: str
    run: str

    @property
    def labels(self) -> Mapping[str, str]:
        """What tells its containers, networks and volumes from all others."""
        return {RUN: self.run, PROJECT: self.name}

    def filters(self) -> Mapping[str, Sequence[str]]:
        """Return how the daemon is asked for what is its own."""
        return {"label": [f"{key}={value}" for key, value in self.labels.items()]}

    def owns(self, labels: Mapping[str, str] | None) -> bool:
        """Say whether something with these labels is its own."""
        return self.labels.items() <= (labels or {}).items()
