"""The machine that a node of kind is: a container of this machine, as its provider (docker, podman) shows and moves it.

What a run does to it is marked by a file on the node's own disk, so that no other process undoes what is not ours.
"""

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from squall.errors import HarnessFailed

PROVIDERS = ("docker", "podman")
# Seconds that the provider may take for one command.
WITHIN = 40.0
MARK = "/var/lib/squall/held-by"
ROLE = "io.x-k8s.kind.role"
CLUSTER = "io.x-k8s.kind.cluster"
# Where a published port is reached by 127.0.0.1.
HERE = {"", "0.0.0.0", "127.0.0.1", "::", "::1"}  # noqa: S104 - nothing listens here
RUNNING, PAUSED, STOPPED = "running", "paused", "exited"


@dataclass(frozen=True, slots=True)
class Machine:
    """One node's container."""

    name: str

    def role(self) -> str:
        """Return what kind made it for: ``worker`` or ``control-plane``; empty if kind did not make it."""
        return self._said("inspect", "-f", f'{{{{index .Config.Labels "{ROLE}"}}}}', self.name)

    def cluster(self) -> str:
        """Return the name of the kind cluster that it is of; empty if kind did not make it."""
        return self._said("inspect", "-f", f'{{{{index .Config.Labels "{CLUSTER}"}}}}', self.name)

    def id(self) -> str:
        """Return the id of the container, which no other one ever has."""
        return self._said("inspect", "-f", "{{.Id}}", self.name)

    def state(self) -> str:
        """Return its state: running, paused, exited."""
        return self._said("inspect", "-f", "{{.State.Status}}", self.name)

    def pid(self) -> int:
        """Return its first process as this machine numbers it; 0 if it does not run."""
        return int(self._said("inspect", "-f", "{{.State.Pid}}", self.name))

    def stop(self) -> None:
        """End it at once, as by a power cut."""
        self._said("kill", self.name)

    def start(self) -> None:
        """Start it."""
        self._said("start", self.name)

    def pause(self) -> None:
        """Freeze all its processes."""
        self._said("pause", self.name)

    def go_on(self) -> None:
        """Let its processes go on."""
        self._said("unpause", self.name)

    def mark(self, text: str) -> None:
        """Write down on its disk who holds it."""
        self._said(
            "exec", self.name, "sh", "-c", 'mkdir -p "${0%/*}" && printf %s "$1" > "$0" && sync "$0"', MARK, text
        )

    def marked(self) -> str:
        """Return what ``mark`` wrote; empty if nobody holds it. Can be read in any state."""
        try:
            found = self._run("cp", f"{self.name}:{MARK}", "-")
        except HarnessFailed as error:
            # The provider has no code for it. (docker 20 to 28; podman says "no such file" too.)
            if "no such file" in str(error).lower() or "could not find the file" in str(error).lower():
                return ""
            raise
        with tarfile.open(fileobj=io.BytesIO(found)) as archive:
            file = archive.extractfile(archive.getmembers()[0])
            return file.read().decode().strip() if file is not None else ""

    def unmark(self) -> None:
        """Take the mark away."""
        self._said("exec", self.name, "rm", "-f", MARK)

    def call(self, *words: str) -> str:
        """Run a command in it, and return what it printed."""
        return self._said("exec", self.name, *words)

    def _said(self, *words: str) -> str:
        return self._run(*words).decode(errors="replace").strip()

    def _run(self, *words: str) -> bytes:
        return _provider(f"the node {self.name}", words)


def published(cluster: str) -> Mapping[str, Sequence[int]]:
    """Return the containers of a kind cluster by name, and the ports of this machine's loopback that each publishes.

    Empty if there is none, or neither docker nor podman answers.
    """
    try:
        names = _provider(
            f"the cluster {cluster}", ("ps", "--filter", f"label={CLUSTER}={cluster}", "--format", "{{.Names}}")
        )
        found = names.decode().split()
        told = _provider(f"the cluster {cluster}", ("inspect", *found)) if found else b"[]"
    except HarnessFailed:
        return {}
    return {str(each["Name"]).removeprefix("/"): _ports(each) for each in json.loads(told)}


def _ports(container: Mapping[str, Any]) -> list[int]:
    bindings = (container.get("NetworkSettings") or {}).get("Ports") or {}
    return [int(each["HostPort"]) for listed in bindings.values() for each in listed or ()
            if each.get("HostPort") and each.get("HostIp", "") in HERE]  # fmt: skip


def end_containers(node: str, containers: Iterable[str]) -> None:
    """Kill containers on a node at once, by the node's own containerd.

    For a pod that is being deleted and whose preStop hook still runs: the kubelet waits for that, whatever shorter
    grace period it is given meanwhile. What cannot be killed ends in its own time.
    """
    for container in containers:
        with suppress(HarnessFailed):
            Machine(node).call("ctr", "-n", "k8s.io", "task", "kill", "-s", "SIGKILL", container)


def control_planes(cluster: str) -> list[str]:
    """Return the names of the containers that bear the control plane of a kind cluster. Raises HarnessFailed."""
    labels = (f"{CLUSTER}={cluster}", f"{ROLE}=control-plane")
    filters = [word for label in labels for word in ("--filter", f"label={label}")]
    return _provider(f"the cluster {cluster}", ("ps", *filters, "--format", "{{.Names}}")).decode().split()


def neighbours(machine: Machine) -> list[str]:
    """Return the containers that run of the kind cluster that a machine is of, itself too. Raises HarnessFailed."""
    cluster = machine.cluster()
    return _provider(
        f"the cluster {cluster}", ("ps", "--filter", f"label={CLUSTER}={cluster}", "--format", "{{.Names}}")
    ).decode().split()  # fmt: skip


def _provider(of: str, words: Sequence[str]) -> bytes:
    if (provider := next((each for each in PROVIDERS if shutil.which(each)), None)) is None:
        raise HarnessFailed(f"{words[0]} of {of}: neither docker nor podman is installed")
    try:
        done = subprocess.run(
            [provider, *words], capture_output=True, timeout=WITHIN, check=False, start_new_session=True
        )
    except subprocess.TimeoutExpired as error:
        raise HarnessFailed(f"{words[0]} of {of}: no answer within {WITHIN:g} s") from error
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise HarnessFailed(f"{provider} {words[0]} of {of}: {why[-1]}")
    return done.stdout
