"""Where an object is in a cluster: its kind, its name and, unless it is a node, its namespace."""

from dataclasses import dataclass

from squall.platforms.kubernetes.api.paths import NODES, within

NODE = "node"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One object; ``kind`` is singular, in lower case (``deployment``), ``namespace`` is empty for a node."""

    kind: str
    name: str
    namespace: str = ""

    def __post_init__(self) -> None:
        if (self.kind == NODE) == bool(self.namespace):
            raise ValueError(f"{self.kind} {self.name}: a node has no namespace, and everything else has one")

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"{NODES}/{self.name}" if self.kind == NODE else within(self.namespace, self.kind, self.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"
