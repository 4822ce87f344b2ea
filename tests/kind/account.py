"""A ServiceAccount on the real cluster that has exactly some roles, and a kubeconfig that acts as it by its token."""

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from squall.platforms.kubectl import found
from tests.kind.gate import CONTEXT

ADMINISTRATOR = dict(os.environ)
BINDINGS = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


def kubectl(*words: str, given: str | None = None) -> str:
    """Call it as the administrator, whoever the test acts as meanwhile."""
    command = [found(), "--context", CONTEXT, *words]
    done = subprocess.run(
        command, input=given, env=ADMINISTRATOR, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Account:
    """The account ``name`` in squall's namespace; ``documents`` are what ``squall rbac`` printed."""

    def __init__(self, name: str, documents: Sequence[Any]) -> None:
        self._name, self._documents = name, documents

    def grant(self) -> None:
        self._apply(self._documents)

    def grant_without(self, verb: str, resource: str, namespace: str | None) -> None:
        """Take one right away from the roles of a namespace (None: from the ClusterRoles)."""
        self._apply([_without(each, verb, resource, namespace) for each in self._documents])

    def revoke(self) -> None:
        ours = [each for each in self._documents if each["kind"] in {*BINDINGS, "ServiceAccount"}]
        kubectl("delete", "--ignore-not-found", "-f", "-", given=_written(ours))

    def kubeconfig(self, path: Path, context: str = CONTEXT) -> Path:
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        token = kubectl("create", "token", "-n", "squall", self._name, "--duration", "1h").strip()
        config["users"] = [{"name": "u", "user": {"token": token}}]
        config["contexts"] = [{"name": context, "context": {"cluster": config["clusters"][0]["name"], "user": "u"}}]
        path.write_text(yaml.safe_dump({**config, "current-context": context}))
        path.chmod(0o600)
        return path

    def _apply(self, documents: Iterable[Any]) -> None:
        kubectl("apply", "-f", "-", given=_written(documents))


def _written(documents: Iterable[Any]) -> str:
    return yaml.safe_dump_all(documents)


def _without(document: Any, verb: str, resource: str, namespace: str | None) -> Any:
    if document["kind"] not in {"Role", "ClusterRole"} or document["metadata"].get("namespace") != namespace:
        return document
    rules = []
    for rule in document["rules"]:
        for each in rule["resources"]:
            verbs = [v for v in rule["verbs"] if (v, each) != (verb, resource)]
            rules += [{**rule, "resources": [each], "verbs": verbs}] if verbs else []
    return {**document, "rules": rules}
