"""The nodes of a kind cluster as containers of this machine. Only what the API cannot do is done here."""

import shutil
import subprocess
from collections.abc import Iterable

PROVIDERS = ("docker", "podman")
WITHIN = 10.0


def end_containers(node: str, containers: Iterable[str]) -> None:
    """Kill containers on a node at once, by the node's own containerd.

    For a pod that is being deleted and whose preStop hook still runs: the kubelet waits for that, whatever shorter
    grace period it is given meanwhile. What cannot be killed ends in its own time.
    """
    if (provider := next((each for each in PROVIDERS if shutil.which(each)), None)) is None:
        return
    for container in containers:
        command = [provider, "exec", node, "ctr", "-n", "k8s.io", "task", "kill", "-s", "SIGKILL", container]
        subprocess.run(command, capture_output=True, timeout=WITHIN, check=False, start_new_session=True)
