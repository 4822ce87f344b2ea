"""What a key of a Secret held before a run changed it, and the value that it gets: in a Secret of squall's namespace.

It is all that an undo needs to know, and nothing else holds it: no record, no log, no mark.
"""

import base64
import secrets
from http import HTTPStatus

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.labels import RUN, copy_name, label
from squall.platforms.kubernetes.paths import within
from squall.platforms.kubernetes.place import Place
from squall.platforms.kubernetes.proof_of_kind import OURS
from squall.platforms.stores.kept import NEW, OLD

LENGTH = 24


def copy_of(run: str, secret: Place, key: str) -> Place:
    """Return where a run keeps both values."""
    return Place("secret", copy_name(run, f"{secret.namespace}/{secret.name}", key), OURS)


def kept(api: Api, run: str, secret: Place, key: str, found: Object) -> Object:
    """Keep what a key of a Secret that was read holds, beside a random value; return the copy.

    Raises:
        InjectionFailed: the Secret has no such key, or the run has kept it already.
    """
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
            "annotations": {"squall.dev/keeps": f"{key} of {secret}"},
        },
        "data": {OLD: held, NEW: base64.b64encode(secrets.token_urlsafe(LENGTH).encode()).decode()},
    }
    try:
        return api.create(within(copy.namespace, "secret"), body)
    except ApiFailed as error:
        why = "this run has done so already" if error.status == HTTPStatus.CONFLICT else error.reason
        raise InjectionFailed(f"keeping {key} of {secret}: {why}") from error
