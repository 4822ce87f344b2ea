"""``a pod of "api" has "/data" filled to 90% for 30s``."""

from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent


@dataclass(frozen=True, slots=True)
class FullDisk(ByAgent):
    """A volume of instances is filled to a level (``level``, %) for a time, at a ``path`` inside them.

    Only a volume that has a size of its own: one in memory with a size limit, or a disk of its own. What lies on the
    disk of the node (a container's own layer, an emptyDir, a hostPath) is refused, for its node would be filled. The
    effect is the free space, read inside. The space is held by a file without a name that the agent holds open:
    undone by closing it, at the end or with the agent's lease, and by the kernel itself if the agent dies.
    """

    path: str = ""
    level: float = 90.0

    def describe(self) -> str:
        return f"{self.path} of {self.share.of(self.service)} filled to {self.level:g}% for {self.lasts:g}s"

    def order(self) -> dict[str, Json]:
        return {"path": self.path, "level": self.level}
