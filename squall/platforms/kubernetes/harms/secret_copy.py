"""What a key of a Secret held before a run changed it, and the value that it gets: in a Secret of squall's namespace.

It is all that an undo needs to know, and nothing else holds the values: no record, no log, no mark. An annotation says
which store takes the password, so that who has no undo log can set it back, too.
"""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import OURS, RUN, copy_name, label
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.stores.endpoint import NEW, OLD, StoreEndpoint, sent_endpoint

LENGTH = 24
ROTATED = "squall.dev/rotated"


@dataclass(frozen=True, slots=True)
class Rotated:
    """Whose rotation a copy is of, and what it changed: a key of a Secret, and a password at a store."""

    run: str
    secret: ObjectRef
    key: str
    endpoint: StoreEndpoint

    def args(self) -> Mapping[str, Any]:
        """Return it as JSON: for the undo log, and for the copy's annotation."""
        return {"run": self.run, "secret": self.secret.name, "namespace": self.secret.namespace, "key": self.key,
                "endpoint": self.endpoint.model_dump(mode="json")}  # fmt: skip

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Rotated":
        """Read what ``args`` returns. Raises ValueError, KeyError or TypeError for anything else."""
        secret = ObjectRef("secret", str(said["secret"]), str(said["namespace"]))
        return cls(str(said["run"]), secret, str(said["key"]), StoreEndpoint.model_validate(sent_endpoint(said)))


def copy_of(run: str, secret: ObjectRef, key: str) -> ObjectRef:
    """Return where a run keeps both values."""
    return ObjectRef("secret", copy_name(run, f"{secret.namespace}/{secret.name}", key), OURS)


def copies(api: Api) -> Iterator[Object]:
    """Yield the metadata of each copy that a run keeps. Raises ApiFailed."""
    for meta in (each["metadata"] for each in api.metadata(within(OURS, "secret"), {"labelSelector": RUN})):
        if ROTATED in (meta.get("annotations") or {}):
            yield meta


def kept(api: Api, what: Rotated, found: Object) -> Object:
    """Keep what a key of a Secret that was read holds, beside a random value; return the copy.

    Raises:
        InjectionFailed: the Secret has no such key, or the run has kept it already.
    """
    run, secret, key = what.run, what.secret, what.key
    if not (held := (found.get("data") or {}).get(key)):
        raise InjectionFailed(f"rotating {key} of {secret}: there is no such key")
    copy = copy_of(run, secret, key)
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": copy.name,
            "namespace": copy.namespace,
            "labels": {RUN: label(run)},
            "annotations": {"squall.dev/keeps": f"{key} of {secret}", ROTATED: json.dumps(what.args())},
        },
        "data": {OLD: held, NEW: base64.b64encode(secrets.token_urlsafe(LENGTH).encode()).decode()},
    }
    try:
        return api.create(within(copy.namespace, "secret"), body)
    except ApiFailed as error:
        why = "this run has done so already" if error.status == HTTPStatus.CONFLICT else error.reason
        raise InjectionFailed(f"keeping {key} of {secret}: {why}") from error
