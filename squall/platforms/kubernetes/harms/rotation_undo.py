"""Taking the rotation of a password back, from any process: at the store, in the Secret; then what was kept goes."""

from http import HTTPStatus

from pydantic import Field

from squall.agent.expiry.marks import mark_text, pointed, unmarking
from squall.errors import NotUndone
from squall.platforms.kubernetes.api.arguments import InNamespace, Key
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.secret_copy import Rotated, copy_of
from squall.platforms.kubernetes.marks.mark import Mark
from squall.platforms.stores.endpoint import ENDPOINT_KEYS, NEW, OLD, sent_endpoint
from squall.platforms.stores.undo import OwnEndpoint, refuse_foreign_store, take_back
from squall.safety.arguments import Name
from squall.safety.undo_log import Undo

ROTATION = "kubernetes.rotation"
# What the store's worker calls its part.
HARM = "password"
TRIES = 5


def rotation_undo(api: Api, what: Rotated) -> Undo:
    """Return the entry for a rotation; it holds neither value, but where they are kept."""
    return cluster_undo(api, ROTATION, f"the rotation of {what.key} of {what.secret} of {api.context}", **what.args())


class RotationArguments(InNamespace):
    """A key of a Secret, and the store that takes the password."""

    secret: Name
    key: Key
    endpoint: OwnEndpoint = Field(validation_alias=ENDPOINT_KEYS)

    def refuse_foreign(self) -> None:
        """Send no variable of the environment to a store that no system file of this project names with it."""
        super().refuse_foreign()
        refuse_foreign_store(self.endpoint)


@undoes_in_cluster(ROTATION, "undoing the rotation of {key} of secret {namespace}/{secret}", RotationArguments)
def rotate_back(api: Api, args: Args) -> str:
    """Set the password back at both ends, as far as it is still ours, and remove what was kept."""
    what = Rotated.of(args)
    secret, key, run = what.secret, what.key, what.run
    place = copy_of(run, secret, key)
    if (copy := api.find(place.path)) is None:
        return _nothing_kept(api, secret, run)
    order = {"namespace": place.namespace, "secret": place.name}
    at_store = take_back({"endpoint": sent_endpoint(args), "run": run, "harm": HARM, "before": order})
    in_secret = _set_back(api, secret, key, run, copy)
    api.remove(place.path, str(copy["metadata"]["uid"]))
    if api.find(place.path) is not None:
        raise NotUndone(f"removing {place}: it is still there")
    return f"{at_store}; {in_secret}; what was kept of it is gone"


def _nothing_kept(api: Api, secret: ObjectRef, run: str) -> str:
    found = api.find(secret.path)
    text = None if found is None else mark_text(found)
    if text is not None and Mark.parsed(text).run == run:
        raise NotUndone(f"undoing the rotation of {secret}: what was kept of it is gone, and its mark is there")
    return f"nothing of {secret} is kept: it was not rotated, or is as before"


def _set_back(api: Api, secret: ObjectRef, key: str, run: str, copy: Object) -> str:
    """Take mark and value away together; what someone else wrote stays."""
    path, refused = f"/data/{key}", ""
    for _ in range(TRIES):
        if (found := api.find(secret.path)) is None:
            return f"{secret} is not there"
        text = mark_text(found)
        if text is None or Mark.parsed(text).run != run:
            return f"{secret} bears no mark of this run: left alone"
        ours = pointed(found, path) == copy["data"][NEW]
        try:
            api.patch_tested(secret.path, unmarking(found, [(path, copy["data"][OLD], copy["data"][NEW])]))
        except ApiFailed as error:
            if error.status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND}:
                raise
            refused = error.reason
            continue
        return f"{secret} bears no mark: {key} {'as before' if ours else 'was changed by someone else: left alone'}"
    raise NotUndone(f"undoing the rotation of {secret}: refused {TRIES} times: {refused}")
