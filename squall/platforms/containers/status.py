"""A container as the daemon shows it, as an instance of a service. Pure: nothing here asks the daemon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from squall.instances import Instance
from squall.platforms.containers.project import NUMBER, SERVICE

NODE = "localhost"
# The id of a container has 64 hexadecimal digits; these many tell containers apart (as in docker ps).
SHORT = 12


@dataclass(frozen=True, slots=True)
class ContainerStatus:
    """One container at a moment. ``incarnation`` is its id and start; empty while it does not run.

    ``ready``: it runs, and its health check, if it has one, says so. ``why`` says why it is not.
    """

    name: str
    identity: str
    incarnation: str
    ready: bool
    why: str = ""


def status_of(container: Mapping[str, Any]) -> ContainerStatus:
    """Return a container as it is."""
    state = container["State"]
    health = (state.get("Health") or {}).get("Status", "none")
    runs = bool(state["Running"]) and not state["Restarting"] and not state["Paused"]
    ready = runs and health in {"none", "healthy"}
    incarnation = f"{container['Id'][:SHORT]}/{state['StartedAt']}" if state["Running"] and state["Pid"] else ""
    return ContainerStatus(
        name_of(container), str(container["Id"]), incarnation, ready, "" if ready else _trouble(state, health)
    )


def name_of(container: Mapping[str, Any]) -> str:
    """Return how a container is called, the same in each run: its service in the compose file and its number."""
    labels = container["Config"]["Labels"]
    return f"{labels[SERVICE]}-{labels[NUMBER]}"


def service_of(container: Mapping[str, Any]) -> str:
    """Return its service in the compose file."""
    return str(container["Config"]["Labels"][SERVICE])


def instance(service: str, container: Mapping[str, Any], now: datetime) -> Instance:
    """Return the instance that a container is; ``now`` is wall time, for the age of its last restart."""
    at, state = status_of(container), container["State"]
    policy = container["HostConfig"]["RestartPolicy"]["Name"]
    began = datetime.fromisoformat(state["StartedAt"])
    return Instance(
        service=service,
        name=at.name,
        incarnation=at.incarnation,
        node=NODE,
        ready=at.ready,
        owned=policy not in {"", "no"},
        restarted=max(0.0, (now - began).total_seconds()) if container["RestartCount"] else None,
        backing_off=bool(state["Restarting"]),
    )


def exited_for_good(container: Mapping[str, Any]) -> bool:
    """Say whether it has ended and nothing starts it again."""
    state, policy = container["State"], container["HostConfig"]["RestartPolicy"]["Name"]
    ended = state["Status"] in {"exited", "dead"}
    return ended and (policy in {"", "no"} or (policy == "on-failure" and state["ExitCode"] == 0))


def addresses(container: Mapping[str, Any]) -> list[str]:
    """Return its addresses in its networks."""
    networks = (container["NetworkSettings"].get("Networks") or {}).values()
    return [str(each["IPAddress"]) for each in networks if each.get("IPAddress")]


def _trouble(state: Mapping[str, Any], health: str) -> str:
    if state["Paused"]:
        return "paused"
    if state["Restarting"] or not state["Running"]:
        ended = "ran out of memory" if state.get("OOMKilled") else f"ended with {state['ExitCode']}"
        return f"{state['Status']}, {ended}" if state["Status"] in {"exited", "restarting", "dead"} else state["Status"]
    checks = (state.get("Health") or {}).get("Log") or ()
    said = str(checks[-1]["Output"]).strip().splitlines() if checks and checks[-1]["ExitCode"] else []
    return f"health check: {health}{f' ({said[-1][:200]})' if said else ''}"
