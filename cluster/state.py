"""What a cluster looks like and what follows from it. The judgement is pure: it asks nobody."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

__all__ = ["Condition", "Judgement", "Seen", "judge", "unready"]


class Condition(Enum):
    """What `up` has to do about a cluster."""

    ABSENT = auto()
    HEALTHY = auto()
    BROKEN = auto()


@dataclass(frozen=True, slots=True)
class Seen:
    """A cluster as found. `containers` maps each node's container to Docker's word for its state."""

    containers: Mapping[str, str]
    answers: bool = False
    key: str | None = None
    unready: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A condition and, in words, what led to it."""

    condition: Condition
    why: str


def judge(seen: Seen, acceptable: Collection[str], nodes: int) -> Judgement:
    """Decide what a cluster is. A new one costs half a minute: so one that differs from a new one is broken."""
    if not seen.containers:
        return Judgement(Condition.ABSENT, "there is none")
    stopped = [f"{name} is {state}" for name, state in sorted(seen.containers.items()) if state != "running"]
    reasons = (
        (bool(stopped), ", ".join(stopped)),
        (len(seen.containers) != nodes, f"it has {len(seen.containers)} of {nodes} nodes"),
        (not seen.answers, "its API does not answer"),
        (seen.key is None, "it was never finished"),
        (seen.key not in acceptable, "it was made from another configuration"),
        (bool(seen.unready), f"not ready: {', '.join(seen.unready)}"),
    )
    for applies, why in reasons:
        if applies:
            return Judgement(Condition.BROKEN, why)
    return Judgement(Condition.HEALTHY, "it is ready")


def unready(objects: Iterable[Any]) -> tuple[str, ...]:
    """Name the nodes, Deployments and DaemonSets among API objects that are not ready."""
    return tuple(f"{o['kind']} {o['metadata']['name']}" for o in objects if not _ready(o))


def _ready(found: Any) -> bool:
    status = found.get("status", {})
    match found["kind"]:
        case "Node":
            return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))
        case "Deployment":
            return bool(status.get("readyReplicas", 0) >= found["spec"]["replicas"])
        case "DaemonSet":
            wanted = status.get("desiredNumberScheduled", 0)
            return bool(wanted and status.get("numberReady", 0) >= wanted)
        case _:
            return True
