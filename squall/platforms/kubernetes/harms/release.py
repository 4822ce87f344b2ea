"""Calling the team's own releaser, the proof that its version has a pod, and putting back what it left.

The releaser is a command of the system file. squall calls it with a version and writes nothing: what it applies, what
it waits for and whether it rolls back is its own.
"""

import json
import re
import secrets
import shlex
import signal
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, cast

from pydantic import AfterValidator, Field
from pydantic import JsonValue as Json

from squall.agent.expiry.versions import Before, DeploymentVersion, putting_back
from squall.clock import SYSTEM, Clock
from squall.errors import Misuse, NotUndone
from squall.instances import Evidence
from squall.interval import Interval
from squall.platforms.capability import Sink
from squall.platforms.kubectl import Kubectl, found
from squall.platforms.kubernetes.api.arguments import InCluster, Namespace
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.expiry import HeldObjects
from squall.platforms.kubernetes.objects.members import Members
from squall.platforms.kubernetes.objects.pods import ready, told, trouble
from squall.platforms.kubernetes.objects.versions import current, version_of, versions
from squall.platforms.kubernetes.objects.workloads import rolled_out
from squall.platforms.this_machine.instance_folder import NotedProcess
from squall.platforms.this_machine.process_tree import send_signal, wait_until_gone
from squall.process.child import Child
from squall.process.identity import start_time
from squall.process.message import What
from squall.process.python import module_command
from squall.record.event import ReleaserEnded
from squall.safety.arguments import Name, below_temporary
from squall.safety.undo_log import Undo
from squall.system.cluster import Cluster
from squall.system.local import PLACEHOLDER
from squall.system.releaser import unfound
from squall.system.system import System
from squall.writing.private import replace

RELEASE = "kubernetes.release"
LOOK_EVERY = 0.1
ENDS_WITHIN = 12.0
# From a pod that is there to the first word on what becomes of it: that an image is not to be had is soon known.
TOLD_WITHIN = 10.0
BACK_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Call:
    """A release of a service: the Deployment, and the releaser's command for it."""

    service: str
    deployment: str
    command: tuple[str, ...]


def call(system: System, cluster: Cluster, kubectl: Kubectl, service: str, release: str) -> Call:
    """Return how the releaser is called.

    Raises:
        Misuse: there is no such release, no releaser or none of its script, or the service is no Deployment.
    """
    if (folder := cluster.releases.get(release, {}).get(service)) is None:
        known = ", ".join(f'"{name}"' for name, of in sorted(cluster.releases.items()) if service in of) or "none"
        raise Misuse(f'{system.name} has no release of {service} that "{release}" (known: {known})')
    kind, _, name = cluster.services[service].workload.partition("/")
    if kind != "deployment" or cluster.releaser is None:
        why = "it is no Deployment" if kind != "deployment" else "its cluster's section of system.yaml says no releaser"
        raise Misuse(f"releasing {service} of {system.name}: {why}")
    if missing := unfound(cluster.releaser, system.folder):
        raise Misuse(f"releasing {service} of {system.name}: {missing} (the releaser in system.yaml)")
    values = {
        "python": sys.executable, "kubectl": found(), "context": kubectl.context, "namespace": cluster.namespace,
        "service": service, "workload": f"{kind}/{name}", "folder": str((system.folder / folder).resolve()),
    }  # fmt: skip
    words = shlex.split(cluster.releaser)
    return Call(service, name, tuple(PLACEHOLDER.sub(lambda said: values[said[1]], word) for word in words))


def expiring(undo: Undo) -> HeldObjects:
    """Return what the expiry in the cluster has to put back in the place of an undo of a release, if nobody does."""
    path = within(undo.args["namespace"], "deployment", undo.args["deployment"])
    return HeldObjects(releases={path: Before(undo.args["hash"], undo.args["number"], undo.args["uid"])})


def _end(what: What, service: str, log: str, t: float) -> ReleaserEnded:
    """Return what is recorded of its end; all that it printed is in a file of the run's folder."""
    last = tuple(map(str, cast("Sequence[Json]", what["last"])))
    said = f"saying: {' | '.join(last)}" if last else "without a word"
    text = f"the releaser ended with exit code {what['code']}, {said} ({log})"
    return ReleaserEnded(t, service, text, int(str(what["code"])), last)


class Releasing:
    """The releaser of one run, once it is called. ``folder`` is where its command runs.

    ``logs`` is where what it prints is kept: the run's folder.
    """

    def __init__(self, api: Api, kubectl: Kubectl, namespace: str, folder: Path, clock: Clock) -> None:
        self._api, self._kubectl, self._namespace = api, kubectl, namespace
        self._folder, self._clock = folder, clock
        # Where it is noted which process the releaser is: whoever undoes ends it first.
        self._note = Path(tempfile.gettempdir()) / f"squall-releaser-{secrets.token_hex(6)}.json"
        self.logs = self._note.parent
        self._releaser: Child | None = None

    def undo(self, deployment: str) -> Undo:
        """Return the entry for a release of a Deployment: which version it has now."""
        try:
            before = current(self._api, self._namespace, deployment)
            about = f"a release of deployment/{deployment} after its version {before.hash}"
        except Misuse:
            # What is not deployed yet can be planned for, and is not harmed.
            before, about = DeploymentVersion("", 0, {}), f"a release of deployment/{deployment}"
        found = self._api.find(within(self._namespace, "deployment", deployment))
        uid = "" if found is None else str(found["metadata"]["uid"])
        was = {"hash": before.hash, "number": before.number, "uid": uid}
        where = {"namespace": self._namespace, "deployment": deployment, "releaser": str(self._note)}
        return cluster_undo(self._api, RELEASE, about, **where, **was)

    def release(self, to: Call, within_seconds: float, sink: Sink) -> Evidence:
        """Call the releaser, and wait for the first pod of another version. It goes on by itself."""

        def hear(kind: str, what: What) -> None:
            if kind == "ended":
                sink(_end(what, to.service, log.name, self._clock.now()))

        before = current(self._api, self._namespace, to.deployment)
        workload = self._api.get(within(self._namespace, "deployment", to.deployment))
        there = {str(pod["metadata"]["uid"]) for pod in self._api.items(within(self._namespace, "pod"))}
        log = self.logs / f"releaser-{to.deployment}.log"
        began = self._clock.now()
        command = module_command("squall.process.bound_command", log, *to.command)
        self._releaser = Child("the releaser", command, hear, self._kubectl.environment(), self._folder)
        pid = self._releaser.pid
        self._noted(pid, "")
        while (pod := self._new(workload, before, there)) is None:
            ended, now = not self._releaser.alive, self._clock.now()
            if ended or now > began + within_seconds:
                how = "the releaser ended and no pod" if ended else f"no pod after {now - began:.1f} s"
                how += f" is of another version than {before.hash}; see {log.name}"
                return Evidence(to.deployment, False, how, Interval(began, now))
            self._clock.sleep(LOOK_EVERY)
        onset = Interval(began, self._clock.now())
        # By this the release is known from any other that somebody may bring out in its place.
        self._noted(pid, version_of(pod))
        how = f"a pod of version {version_of(pod)} is there ({self._fate(pod)}), before it was {before.hash}"
        return Evidence(str(pod["metadata"]["name"]), True, how, onset)

    def close(self) -> None:
        if self._releaser is not None:
            self._releaser.stop(ENDS_WITHIN)
            self._releaser = None
            self._note.unlink(missing_ok=True)

    def _noted(self, pid: int, version: str) -> None:
        """Write down which process the releaser is, and which version was seen to come of it (empty: none yet)."""
        said = {"pid": pid, "started": start_time(pid), "version": version}
        replace(self._note, json.dumps(said).encode())

    def _fate(self, pod: Object) -> str:
        """Wait for its node's word on a pod that has just been made, and return it."""
        path = within(self._namespace, "pod", str(pod["metadata"]["name"]))
        deadline = self._clock.now() + TOLD_WITHIN
        while not told(pod) and self._clock.now() < deadline:
            self._clock.sleep(LOOK_EVERY)
            pod = self._api.find(path) or pod
        return "ready" if ready(pod) else trouble(pod)

    def _new(self, workload: Object, before: DeploymentVersion, there: Collection[str]) -> Object | None:
        """Return a pod of another version that was not there before: those of an older release may still be going."""
        members = Members.of("deployment", workload)
        for pod in self._api.items(within(self._namespace, "pod")):
            is_new = str(pod["metadata"]["uid"]) not in there
            if is_new and members.has(pod) and version_of(pod) not in {"", before.hash}:
                return pod
        return None


def _note(text: str) -> str:
    name = below_temporary(text).rpartition("/")[2]
    if not re.fullmatch(r"squall-releaser-[0-9a-z]+\.json", name):
        raise ValueError(f"{text} is no note of a releaser")
    return text


class ReleaseArguments(InCluster):
    """A Deployment, its version before, and the note of which process the releaser is."""

    namespace: Namespace
    deployment: Name
    hash: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{0,63}$")]
    number: Annotated[int, Field(ge=0)]
    releaser: Annotated[str, AfterValidator(_note)]


@undoes_in_cluster(RELEASE, "undoing a release of deployment/{deployment}", ReleaseArguments)
def put_back(api: Api, args: Args) -> str:
    """Give a Deployment the version before again, if the release's is what it has; wait until it is out."""
    about = f"deployment/{args['deployment']}"
    return _put_back(api, args, about, _end_releaser(Path(args["releaser"]), about))


def _end_releaser(note: Path, about: str) -> str:
    """End it if it is still at work on this machine: it would go on with what is being undone.

    Return the version that was seen to come of it; empty if that is not known.
    """
    try:
        said = json.loads(note.read_text())
        releaser = NotedProcess(int(said["pid"]), str(said["started"]))
    except FileNotFoundError:
        return ""
    if releaser.lives():
        send_signal(releaser, signal.SIGTERM)
        if not wait_until_gone(releaser, ENDS_WITHIN):
            raise NotUndone(f"undoing a release of {about}: the releaser (process {releaser.pid}) does not end")
    return str(said.get("version") or "")


def _put_back(api: Api, args: Args, about: str, seen: str) -> str:
    path = within(args["namespace"], "deployment", args["deployment"])
    workload = api.find(path)
    if workload is None or not args["hash"]:
        return f"{about} was not there: nothing was released"
    before_it = Before(args["hash"], args["number"], str(args.get("uid") or ""))
    if not before_it.of(workload):
        return f"{about} was made anew since (uid {workload['metadata']['uid']}): left alone"
    now, *known = versions(api, args["namespace"], workload)
    if now.hash != args["hash"]:
        if not before_it.released([now]) or seen not in {"", now.hash}:
            return f"{about} has the version {now.hash}, not the release's: changed by someone else, left alone"
        if (before := next((each for each in known if each.hash == args["hash"]), None)) is None:
            raise NotUndone(f"undoing a release of {about}: its version {args['hash']} is gone")
        try:
            api.patch_tested(path, putting_back(workload, before))
        except ApiFailed as error:
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise NotUndone(f"undoing a release of {about}: it was changed meanwhile") from error
            raise
    _await_out(api, path, about)
    how = "was back already" if now.hash == args["hash"] else "was put back"
    return f"version {args['hash']} of {about} {how}, and all of its pods are ready"


def _await_out(api: Api, path: str, about: str) -> None:
    deadline = SYSTEM.now() + BACK_WITHIN
    while (found := api.find(path)) is None or not rolled_out(found):
        if SYSTEM.now() > deadline:
            raise NotUndone(f"undoing a release of {about}: it is not ready after {BACK_WITHIN:.0f} s")
        SYSTEM.sleep(LOOK_EVERY)
