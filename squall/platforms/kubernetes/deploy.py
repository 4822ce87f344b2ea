"""Bringing a system up in exactly one of its forms, from fresh pods, and waiting until all of it is ready.

A pod that was restarted is replaced: its back-off, its caches and its memory are not those of a new one. So is one that
is where its own spread constraint would not have put it. What the folder no longer names stays: nothing is pruned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import yaml

from squall.clock import Clock
from squall.errors import Misuse, NotUp
from squall.platforms.capability import Tell
from squall.platforms.http import status
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.paths import NODES, within
from squall.platforms.kubernetes.objects.events import note
from squall.platforms.kubernetes.objects.pods import containers, fresh, trouble
from squall.platforms.kubernetes.objects.spread import crowded
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.platforms.kubernetes.readiness import Readiness
from squall.system.system import System
from squall.waiting import poll

# Ends containers (ids) on a node at once, where the platform can.
Ending = Callable[[str, Sequence[str]], None]

LOOK_EVERY = 0.2
# Answers in a row that show that users are served, and not one lucky backend.
ANSWERS = 3
ANSWER_WITHIN = 2.0
# Nobody is served by a pod that is replaced before a scenario: it need not end gracefully.
GRACE = 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a system gets into a cluster."""

    api: Api
    kubectl: Kubectl
    system: System
    workloads: Workloads
    clock: Clock
    end: Ending

    def bring_up(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Apply, replace what is not fresh, wait; what is there already is only waited for.

        Raises:
            Misuse: there is no such weakness.
            NotUp: it is not ready in time, or a controller has given up.
        """
        ours = (folder := self.folder(weaknesses)) is not None
        if folder is not None:
            self._apply(folder, tell)
        self._await_ready(tell, ours)
        if ours and self._spread_out(tell):
            self._await_ready(tell, ours)

    def _await_ready(self, tell: Tell, ours: bool) -> None:
        readiness = Readiness(self.api, self.workloads, self._answers)
        said: list[str] = []

        def say(missing: str) -> None:
            if said[-1:] != [missing]:
                said.append(missing)
                tell(f"waiting: {missing}")

        limit, began = self.workloads.cluster.ready_within, self.clock.now()
        # What was given up before may come up yet: its pods were just replaced, or a node is back.
        given_up_before = readiness.given_up()

        def look() -> tuple[str, str]:
            missing = (self._replaced(tell) if ours else "") or readiness.missing()
            given_up = readiness.given_up() if missing else {}
            return missing, "; ".join(why for when, why in given_up.items() if when not in given_up_before)

        missing, given_up = poll(look, within=limit, every=LOOK_EVERY, clock=self.clock,
                                 done=lambda seen: not seen[0] or bool(seen[1]),
                                 undone=lambda seen: say(seen[0]))  # fmt: skip
        if missing:
            why = f"{missing}{f'; {given_up}' if given_up else self._last_warning()}"
            raise NotUp(f"deploying {self.system.name}: not ready after {self.clock.now() - began:.0f} s: {why}")

    def _last_warning(self) -> str:
        """Say what the cluster last complained of: why a volume is not there is said nowhere else."""
        events = self.api.items(within(self.workloads.cluster.namespace, "event"), {"fieldSelector": "type=Warning"})
        last = max(
            events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), default={}
        )
        told = note(0.0, "ADDED", last, "")
        return f"; last warning: {told.text}" if told else ""

    def folder(self, weaknesses: Sequence[str]) -> Path | None:
        """Return the kustomize folder of the healthy form, or of the one weakness; None: it is there already."""
        cluster = self.workloads.cluster
        for weakness in weaknesses:
            if weakness not in cluster.weaknesses:
                known = ", ".join(f'"{name}"' for name in sorted(cluster.weaknesses)) or "none"
                raise Misuse(f'{self.system.name} has no weakness "{weakness}" (known: {known})')
        if len(set(weaknesses)) > 1:
            raise Misuse(f"{self.system.name}: one weakness at a time on a cluster, not {len(set(weaknesses))}")
        chosen = cluster.weaknesses[weaknesses[0]] if weaknesses else cluster.kustomize
        if chosen is None:
            return None
        if not (folder := self.system.folder / chosen).is_dir():
            raise Misuse(f"{self.system.name}: there is no folder {folder} to deploy")
        return folder

    def _apply(self, folder: Path, tell: Tell) -> None:
        tell(f"applying {folder.name}")
        rendered = self.kubectl.run("kustomize", str(folder))
        refuse_strangers(rendered, self.workloads.cluster.namespace)
        self.kubectl.run("apply", "-f", "-", given=rendered)

    def _replaced(self, tell: Tell) -> str:
        """Delete the pods that no scenario may start from; say what is waited for, or nothing."""
        namespace = self.workloads.cluster.namespace
        stale = [pod for pod in self.workloads.chosen_pods() if not fresh(pod)]
        for pod in stale:
            name, meta = str(pod["metadata"]["name"]), pod["metadata"]
            going = bool(meta.get("deletionTimestamp"))
            if int(meta.get("deletionGracePeriodSeconds", GRACE + 1)) > GRACE:
                tell(f"replacing {name}: {trouble(pod) if going else 'it was restarted'}")
                self.api.remove(within(namespace, "pod", name), str(meta["uid"]), GRACE)
            # At each look: a pod that was deleted while it still started gets its container, and its hook, later.
            if going and (running := containers(pod)):
                self.end(str(pod["spec"].get("nodeName")), running)
        return f"{len(stale)} old pods to go" if stale else ""

    def _spread_out(self, tell: Tell) -> bool:
        """Delete the pods that are where their own constraint would not have put them; say whether there were any.

        Only once, whatever comes of it: what else decides where a pod may be is not looked at.
        """
        many = crowded(self.workloads.chosen_pods(), self.api.items(NODES))
        for pod in many:
            name, uid = str(pod["metadata"]["name"]), str(pod["metadata"]["uid"])
            tell(f"replacing {name}: too many of its workload are on {pod['spec']['nodeName']}")
            self.api.remove(within(self.workloads.cluster.namespace, "pod", name), uid, GRACE)
        return bool(many)

    def _answers(self) -> str:
        """Say how users' URL answers if not with 200 several times in a row."""
        url = self.workloads.cluster.url.rstrip("/") + self.system.probe.path
        for _ in range(ANSWERS):
            if (said := status(url, ANSWER_WITHIN)) != str(HTTPStatus.OK.value):
                return f"{url} answers {said}"
        return ""


def refuse_strangers(rendered: str, namespace: str) -> None:
    """Raise Misuse if manifests reach outside the system's namespace."""
    for item in yaml.safe_load_all(rendered):
        meta = (item or {}).get("metadata") or {}
        itself = item and item["kind"] == "Namespace" and meta.get("name") == namespace
        if item and not itself and meta.get("namespace") != namespace:
            where = meta.get("namespace") or "no namespace"
            raise Misuse(f"{item['kind']} {meta.get('name')} is in {where}: squall deploys into {namespace} alone")
