"""The expiry in the cluster: takes back what a run holds in the API once its time is over, if nobody has done so.

It runs in a pod of its own, beside no target, with the rights to read and patch just the objects that may be harmed.
It waits for the marks of its run, and for the time that they state; then it acts by the rule that all undo by
(``marks``). It ends when each mark that it has seen is gone.
"""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from squall.agent.marks import as_the_server, mark_text, unmarking

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LOOK_EVERY = 2.0
ANSWERS_WITHIN = 10.0
MANAGER = "squall"
PATCH = "application/json-patch+json"
# What an undo of ours by fields is called in a mark; others are not this program's to undo.
FIELDS = "kubernetes.harm"

Object = Mapping[str, Any]
# Method, path, body (None: none); returns the answer, or None for an object that is not there. Raises OSError.
Call = Callable[[str, str, list[Object] | None], Object | None]


@dataclass
class Expiry:
    """The marks of one run on some objects, by their paths in the API; ``now`` is wall time."""

    run: str
    paths: Sequence[str]
    call: Call
    now: Callable[[], datetime]
    seen: set[str] = field(default_factory=set)

    def look(self) -> list[str]:
        """Look at each object once, and return what was done, one line each."""
        said = []
        for path in self.paths:
            try:
                said += self._look(path)
            except (OSError, ValueError, KeyError, TypeError) as error:
                said.append(f"{path}: {error}")
        return said

    @property
    def over(self) -> bool:
        """Whether each object has borne the run's mark, and none does any more."""
        return not self.seen and self._begun

    _begun: bool = False

    def _look(self, path: str) -> list[str]:
        found = self.call("GET", path, None)
        text = None if found is None else mark_text(found)
        mark = json.loads(text) if text else {}
        if found is None or mark.get("run") != self.run:
            self.seen.discard(path)
            return []
        self.seen.add(path)
        self._begun = True
        until = datetime.fromisoformat(mark["until"])
        if self.now() < until:
            return []
        if mark["undo"]["kind"] != FIELDS:
            return [f"{path}: its undo is of the kind {mark['undo']['kind']}, which is not the expiry's"]
        changes = [(each["path"], each["was"], each["wrote"]) for each in mark["undo"]["args"]["changes"]]
        patch = unmarking(found, changes)
        self.call("PATCH", path, patch)
        self._forget_copies(path, text)
        self.seen.discard(path)
        back = [operation["path"] for operation in patch[2:-1] if operation["op"] != "test"]
        return [f"{path}: {', '.join(back) or 'nothing of ours stood'} as before; its time was over at {until}"]

    def _forget_copies(self, path: str, text: str | None) -> None:
        """Take the mark from a Deployment's ReplicaSets: annotations are copied to them, and back by a rollback."""
        group, deployments, _ = path.partition("/deployments/")
        for each in (self.call("GET", f"{group}/replicasets", None) or {}).get("items", ()) if deployments else ():
            if mark_text(each) == text:
                self.call("PATCH", f"{group}/replicasets/{each['metadata']['name']}", unmarking(each, ()))


def main(run: str, paths: Sequence[str]) -> int:
    """Watch until all is over; restarted by the kubelet if it fails."""
    expiry = Expiry(run, paths, _caller(os.environ, ACCOUNT), lambda: datetime.now(UTC))
    while not expiry.over:
        for line in expiry.look():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        time.sleep(LOOK_EVERY)
    return 0


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
