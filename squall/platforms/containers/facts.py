"""What really runs and how it is tuned, for the record; and what a run must leave as it was. Only reads."""

import platform
from collections.abc import Mapping, Sequence

from squall.platforms.containers.engine import Object
from squall.platforms.containers.status import name_of

_SECOND = 1_000_000_000
# Docker's own, where a health check does not say it.
_EVERY, _TIMEOUT, _RETRIES = 30 * _SECOND, 30 * _SECOND, 3


def versions(docker: Object, compose: str, containers: Sequence[Object]) -> Mapping[str, str]:
    """Return the versions as the programs themselves say them, and the images by their ids."""
    images = {f"image of {name_of(each)}": f"{each['Config']['Image']} {each['Image']}" for each in containers}
    kernel = platform.release()
    return {"docker": str(docker["Version"]), "compose": compose, "kernel": kernel, **images}


def tuning(containers: Sequence[Object]) -> Mapping[str, str]:
    """Return how readiness is found out and how crashes are answered: the floors of detection and recovery."""
    said = {}
    for each in containers:
        said[f"restart of {name_of(each)}"] = _policy(each)
        said[f"health check of {name_of(each)}"] = _check(each["Config"].get("Healthcheck") or {})
    return said


def baseline(containers: Sequence[Object]) -> Mapping[str, str]:
    """Return how each container is configured; not how it is, which is what scenarios are about."""
    fields = {"containers": ", ".join(name_of(each) for each in containers)}
    for each in containers:
        host = each["HostConfig"]
        limits = f"memory {host['Memory']}, cpus {host['NanoCpus']}, pids {host['PidsLimit'] or 0}"
        fields[f"image of {name_of(each)}"] = str(each["Image"])
        fields[f"restart of {name_of(each)}"] = _policy(each)
        fields[f"limits of {name_of(each)}"] = limits
        fields[f"networks of {name_of(each)}"] = ", ".join(sorted(each["NetworkSettings"]["Networks"]))
    return fields


def _policy(container: Object) -> str:
    policy = container["HostConfig"]["RestartPolicy"]
    most = policy.get("MaximumRetryCount")
    return f"{policy['Name'] or 'no'}{f', at most {most} times' if most else ''}"


def _check(check: Object) -> str:
    if not check.get("Test") or check["Test"] == ["NONE"]:
        return "none: ready once it runs"
    every, timeout = check.get("Interval") or _EVERY, check.get("Timeout") or _TIMEOUT
    return f"every {every / _SECOND:g}s, {check.get('Retries') or _RETRIES} failures, timeout {timeout / _SECOND:g}s"
