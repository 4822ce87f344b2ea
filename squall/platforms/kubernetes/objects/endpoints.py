"""Changes of EndpointSlices as events: which pods a Kubernetes Service gives traffic to. Pure."""

from collections.abc import Iterator

from squall.platforms.kubernetes.api.client import Object
from squall.record.event import EndpointChanged

SERVICE_LABEL = "kubernetes.io/service-name"


class EndpointEvents:
    """Keeps which pods get traffic through one Kubernetes Service, over all its slices."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._slices: dict[str, dict[str, bool]] = {}
        self._told: dict[str, bool] = {}

    def changed(self, t: float, kind: str, piece: Object) -> Iterator[EndpointChanged]:
        """Yield an event for each pod that is given or taken from traffic by a change of a slice."""
        name = str(piece["metadata"]["name"])
        if kind == "DELETED":
            self._slices.pop(name, None)
        else:
            self._slices[name] = serving(piece)
        now: dict[str, bool] = {}
        for each in self._slices.values():
            for pod, is_ready in each.items():
                now[pod] = now.get(pod, False) or is_ready
        for pod in sorted(now.keys() | self._told.keys()):
            is_ready = now.get(pod, False)
            if self._told.get(pod) != is_ready and (pod in self._told or is_ready):
                yield EndpointChanged(t, self._service, name=pod, ready=is_ready)
                self._told[pod] = is_ready
            if pod not in now:
                self._told.pop(pod, None)


def serving(piece: Object) -> dict[str, bool]:
    """Return for each pod of a slice whether it gets traffic ; no word on it counts as yes."""
    return {
        str(each["targetRef"]["name"]): each.get("conditions", {}).get("ready") is not False
        for each in piece.get("endpoints") or ()
        if (each.get("targetRef") or {}).get("kind") == "Pod"
    }
