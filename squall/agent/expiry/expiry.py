"""The expiry in the cluster: takes back what a run holds in the API once nobody else will.

It runs in a pod of its own, beside no target, with the rights to read and patch just the objects that may be harmed.
It waits for the marks of its run, and acts at the time that they state or when the run's lease has been silent
(``pulse``); by the rule that all undo by (``marks``). A release bears no mark: its version before was written down
(``versions``). It serves every harm of its run to its objects, and ends when the run is silent and no harm is active.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from squall.agent.expiry.marks import TEMPLATE, Object, as_the_server, kind_at, mark_text, unlisted, unmarking
from squall.agent.expiry.run_alive import Call, Pulse
from squall.agent.expiry.versions import Before, came_out, putting_back, versions

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# It is there once every object was read: the account can do that.
READY = Path("/run/squall/ready")
LOOK_EVERY = 2.0
ANSWERS_WITHIN = 10.0
MANAGER = "squall"
PATCH = "application/json-patch+json"
# What an undo of ours by fields is called in a mark; others are not this program's to undo.
FIELDS = "kubernetes.harm"


@dataclass
class ExpiryLoop:
    """What one run may hold: objects that it marks and Deployments that it has released, by their paths in the API.

    ``now`` is wall time, as the marks state theirs.
    """

    run: str
    paths: Sequence[str]
    pulse: Pulse
    call: Call
    now: Callable[[], datetime]
    releases: Mapping[str, Before] = field(default_factory=dict)
    # Whether the last look saw all there is, what was active then, and whether the run was silent.
    whole: bool = False
    active: set[str] = field(default_factory=set)
    silent: bool = False

    @property
    def over(self) -> bool:
        """Whether no harm is active, and nobody is left who could harm."""
        return self.whole and self.silent and not self.active

    def look(self) -> list[str]:
        """Look at each object once, and return what was done, one line each."""
        said, self.whole = list[str](), True
        try:
            self.silent = self.pulse.silent()
        except OSError as error:
            self.whole, self.silent = False, False
            said.append(f"{self.pulse.path}: {error}")
        looks: list[tuple[str, Callable[[str], Iterator[str]]]] = [(path, self._marked) for path in self.paths]
        looks += [(path, self._released) for path in self.releases]
        for path, look in looks:
            try:
                said += [f"{path}: {line}" for line in look(path)]
            except (OSError, ValueError, KeyError, TypeError) as error:
                self.whole = False
                said.append(f"{path}: {error}")
        return said

    def _marked(self, path: str) -> Iterator[str]:
        found = self.call("GET", path, None)
        text = None if found is None else mark_text(found)
        mark = json.loads(text) if text else {}
        if found is None or mark.get("run") != self.run:
            self.active.discard(path)
            return
        self.active.add(path)
        until = datetime.fromisoformat(mark["until"])
        if self.now() < until and not self.silent:
            return
        if mark["undo"]["kind"] != FIELDS:
            yield f"its undo is of the kind {mark['undo']['kind']}, which is not the expiry's"
            return
        changes = [(each["path"], each["was"], each["wrote"]) for each in mark["undo"]["args"]["changes"]]
        if why := self._refused(path, found, changes):
            yield f"{why}: left alone"
            return
        patch = unmarking(found, changes)
        self.call("PATCH", path, patch)
        self._forget_copies(path, text)
        self.active.discard(path)
        back = [operation["path"] for operation in patch[2:-1] if operation["op"] != "test"]
        why = "its run is silent" if self.now() < until else f"its time was over at {until}"
        yield f"{', '.join(back) or 'nothing of ours was active'} as before; {why}"

    def _refused(self, path: str, found: Object, changes: Sequence[tuple[str, Any, Any]]) -> str:
        """Say what of a mark cannot be squall's; empty: all can. Who may annotate an object may write one."""
        if foreign := unlisted(kind_at(path), [field for field, _, _ in changes]):
            return f"its mark names {foreign}, which no harm changes"
        given = [was for field, was, _ in changes if field == TEMPLATE]
        if given and not came_out(given, versions(found, self._replicasets(path))):
            return "its mark names a template that never came out"
        return ""

    def _forget_copies(self, path: str, text: str | None) -> None:
        """Take the mark from a Deployment's ReplicaSets: annotations are copied to them, and back by a rollback."""
        for each in self._replicasets(path) if "/deployments/" in path else ():
            if mark_text(each) == text:
                group = path.partition("/deployments/")[0]
                self.call("PATCH", f"{group}/replicasets/{each['metadata']['name']}", unmarking(each, ()))

    def _released(self, path: str) -> Iterator[str]:
        before, found = self.releases[path], self.call("GET", path, None)
        known = [] if found is None else versions(found, self._replicasets(path))
        if found is None or not before.of(found) or not before.released(known):
            self.active.discard(path)
            return
        self.active.add(path)
        if not self.silent:
            return
        if (version := next((each for each in known if each.hash == before.hash), None)) is None:
            yield f"its version {before.hash} is gone"
            return
        self.call("PATCH", path, putting_back(found, version))
        self.active.discard(path)
        yield f"version {before.hash} was put back in the place of {known[0].hash}; its run is silent"

    def _replicasets(self, path: str) -> Iterable[Object]:
        """Return all ReplicaSets beside a Deployment."""
        found = self.call("GET", f"{path.partition('/deployments/')[0]}/replicasets", None)
        listed: Iterable[Object] = (found or {}).get("items", ())
        return listed


def main(run: str, lease: str, paths: Sequence[str], released: Sequence[str]) -> int:
    """Watch until all is over; restarted by the kubelet if it fails. ``released`` are ``path=hash=number=uid``."""
    call = _caller(os.environ, ACCOUNT)
    releases = {path: Before(known, int(number), uid) for path, known, number, uid in (r.split("=") for r in released)}
    expiry = ExpiryLoop(run, paths, Pulse(run, lease, call, time.monotonic), call, lambda: datetime.now(UTC), releases)
    while True:
        for line in expiry.look():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        if expiry.whole:
            READY.touch()
        if expiry.over:
            return 0
        time.sleep(LOOK_EVERY)


def _caller(environment: Mapping[str, str], account: Path) -> Call:
    """Return how the API server of this cluster is called as this pod's account."""
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]
    base = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    trusted = ssl.create_default_context(cafile=str(account / "ca.crt"))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted))

    def call(method: str, path: str, body: list[Object] | None) -> Object | None:
        # The kubelet writes a fresh token before the old one ends.
        headers = {"Authorization": f"Bearer {(account / 'token').read_text()}", "Accept": "application/json"}
        more = {"Content-Type": PATCH} if body is not None else {}
        data = as_the_server(body) if body is not None else None
        query = f"?fieldManager={MANAGER}" if body is not None else ""
        request = urllib.request.Request(base + path + query, data, {**headers, **more}, method=method)  # noqa: S310 - https
        try:
            with direct.open(request, timeout=ANSWERS_WITHIN) as answer:
                found: Object = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise OSError(f"{method} {path}: {error.read(500).decode(errors='replace')}") from error

    return call
