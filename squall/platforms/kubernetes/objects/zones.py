"""Where nodes stand, as their cloud or their cluster's owner says it: the label ``topology.kubernetes.io/zone``."""

from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.paths import NODES

ZONE = "topology.kubernetes.io/zone"


class Zones:
    """The zone of each node, asked once for each node that turns up; empty where it is not said."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    def of(self, node: str) -> str:
        """Return a node's zone; empty also if nodes may not be listed here."""
        if node not in self._known:
            self._known = {node: "", **self._listed()}
        return self._known[node]

    def _listed(self) -> dict[str, str]:
        try:
            nodes = self._api.items(NODES)
        except ApiFailed:
            return {}
        return {str(each["metadata"]["name"]): (each["metadata"].get("labels") or {}).get(ZONE, "") for each in nodes}
