"""Doing a harm that consists of fields of one object, and undoing it from any process, by the mark that it bears.

The undo log says only where the object is; what was there is in the mark, on the object itself.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal

from pydantic import JsonValue as Json
from pydantic import field_validator

from squall.agent.expiry.marks import POINTERS, TEMPLATE, mark_text, pointed, unlisted
from squall.agent.expiry.versions import came_out
from squall.errors import InjectionFailed, NotUndone
from squall.instances import Ended
from squall.platforms.kubernetes.api.arguments import Namespace, OfRun
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.marks.mark import (
    FIELDS,
    MARKED,
    FieldChange,
    Mark,
    foreign,
    marked_patch,
    unmarking_patch,
)
from squall.platforms.kubernetes.objects.versions import versions
from squall.safety.arguments import Name
from squall.safety.undo_log import Undo

# Others write the same objects all the time (a node's heartbeats do not matter: only what is tested does).
TRIES = 5


class ChangedMeanwhile(InjectionFailed):
    """Someone else changed the object between our reading and our writing; nothing was written."""


def harm_undo(api: Api, place: ObjectRef, run: str) -> Undo:
    """Return the entry for a harm that ``harm`` is going to do."""
    where = {"kind": place.kind, "name": place.name, "namespace": place.namespace}
    return cluster_undo(api, FIELDS, f"the harm to {place} of {api.context}", run=run, **where)


def read_changes(found: Object, wrote: Mapping[str, Json]) -> tuple[FieldChange, ...]:
    """Return what setting fields (JSON pointer: value; None: take it away) changes of an object that was read."""
    return tuple(FieldChange(path, pointed(found, path), value) for path, value in wrote.items())


def harm(api: Api, place: ObjectRef, run: str, until: datetime, changes: Sequence[FieldChange]) -> Object:
    """Write the changes and the mark together, and return the object as it was read back.

    ``until`` (with a zone) is when the harm ends by its own word. What the server made of a value need not be what was
    sent: the caller reads its effect.

    Raises:
        ChangedMeanwhile: a field was no longer as ``changes`` say, or someone has marked the object.
        InjectionFailed: it is gone, all fields are so already, or the server refused.
    """
    if (found := api.find(place.path)) is None:
        raise InjectionFailed(f"harming {place}: it is not there")
    _refuse(place, found, changes)
    if unknown := unlisted(place.kind, [change.path for change in changes]):
        raise ValueError(f"{unknown} of a {place.kind} would not be undone: squall.agent.expiry.marks lists what is")
    try:
        api.patch_tested(place.path, marked_patch(found, Mark.of(run, until, changes), changes))
    except ApiFailed as error:
        if error.status == HTTPStatus.UNPROCESSABLE_ENTITY and (now := api.find(place.path)) is not None:
            # The server does not say which test failed, nor that one did.
            _refuse(place, now, changes)
        raise InjectionFailed(f"harming {place}: {error.reason}") from error
    return api.get(place.path)


def _refuse(place: ObjectRef, found: Object, changes: Sequence[FieldChange]) -> None:
    if (text := mark_text(found)) is not None:
        raise ChangedMeanwhile(f"harming {place}: it bears the mark of another harm ({_whose(text)})")
    for change in changes:
        if pointed(found, change.path) != change.was:
            raise ChangedMeanwhile(f"harming {place}: {change.path} was changed by someone else meanwhile")
    if all(change.was == change.wrote for change in changes):
        raise InjectionFailed(f"harming {place}: it is so already")


class FieldsArguments(OfRun):
    """An object that bears a mark."""

    kind: str
    name: Name
    namespace: Namespace | Literal[""] = ""

    @field_validator("kind")
    @classmethod
    def _marked(cls, kind: str) -> str:
        if kind not in {*MARKED, NODE}:
            raise ValueError(f"{kind} is no kind of object that squall marks")
        return kind


@undoes_in_cluster(FIELDS, "undoing the harm to {kind} {name}", FieldsArguments)
def lift(api: Api, args: Args) -> str:
    """Take mark and harm away together; leave alone what someone else changed, and say so."""
    return lifted(api, ObjectRef(args["kind"], args["name"], args["namespace"]), args["run"]).proof


@dataclass(frozen=True, slots=True)
class Lifted:
    """What became of a harm that was to be taken away: the proof, and by whom it ended."""

    proof: str
    ended: Ended


def lifted(api: Api, place: ObjectRef, run: str) -> Lifted:
    """Take mark and harm of a run away together, as far as they are still as we wrote them.

    Raises:
        NotUndone: it is still active, or its mark cannot be squall's; ApiFailed; ValueError: its mark cannot be read.
    """
    refused = ""
    for _ in range(TRIES):
        if (found := api.find(place.path)) is None:
            return Lifted(f"{place} is not there", Ended.TARGET_GONE)
        if (text := mark_text(found)) is None:
            proof = f"{place} bears no mark: not harmed, or someone else took it away; left alone{_now(found, place)}"
            return Lifted(proof, Ended.BY_OTHERS)
        mark = Mark.parsed(text)
        if mark.run != run:
            return Lifted(f"{place} bears the mark of the run {mark.run}: left alone", Ended.BY_OTHERS)
        _refuse_forged(api, place, found, mark)
        patch, told = unmarking_patch(found, mark.changes)
        try:
            api.patch_tested(place.path, patch)
        except ApiFailed as error:
            if error.status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND}:
                refused = error.reason
                continue
            raise
        _forget_copies(api, place, found, text)
        return Lifted(_proof(api, place, mark, told), Ended.BY_OTHERS if told else Ended.AS_STATED)
    raise NotUndone(f"undoing the harm to {place}: refused {TRIES} times: {refused}")


def _refuse_forged(api: Api, place: ObjectRef, found: Object, mark: Mark) -> None:
    """Raise NotUndone for a mark that cannot be squall's: who may annotate an object may write one."""
    if why := foreign(place, mark):
        raise NotUndone(f"undoing the harm to {place}: {why}: left alone")
    given = [change.was for change in mark.changes if change.path == TEMPLATE]
    if given and not came_out(given, versions(api, place.namespace, found)):
        raise NotUndone(f"undoing the harm to {place}: its mark names a template that never came out: left alone")


def _forget_copies(api: Api, place: ObjectRef, deployment: Object, text: str) -> None:
    """Take the mark from a Deployment's ReplicaSets: annotations are copied to them, and back by a rollback.

    Without the right to do so they stay: a stale mark harms nobody, but keeps the next harm from being done.
    """
    if place.kind != "deployment":
        return
    with suppress(ApiFailed):
        for each in api.items(within(place.namespace, "replicaset")):
            owners = {owner["uid"] for owner in each["metadata"].get("ownerReferences") or ()}
            if deployment["metadata"]["uid"] in owners and mark_text(each) == text:
                copy = ObjectRef("replicaset", str(each["metadata"]["name"]), place.namespace)
                api.patch_tested(copy.path, unmarking_patch(each, ())[0])


def _proof(api: Api, place: ObjectRef, mark: Mark, told: Sequence[str]) -> str:
    """Read back that the mark is gone and say what is where we had written."""
    found = api.find(place.path)
    if found is None:
        return f"{place} is not there any more"
    if mark_text(found) == mark.text():
        raise NotUndone(f"undoing the harm to {place}: the mark is still there")
    back = [change.path for change in mark.changes if pointed(found, change.path) == change.was]
    if not told and len(back) < len(mark.changes):
        told = ["what we set back was changed by someone else since"]
    said = [f"{', '.join(back)} as before"] if back else []
    return f"{place} bears no mark: {'; '.join([*said, *told])}"


def _now(found: Object, place: ObjectRef) -> str:
    """Say what of an object a fault may have changed, for a person to set back: its mark, which said it, is gone."""
    values = {
        path: pointed(found, path) for path in POINTERS.get(place.kind, ()) if "*" not in path and path != TEMPLATE
    }
    said = [
        f"{path.removeprefix('/spec/')} is {json.dumps(value)}" for path, value in values.items() if value is not None
    ]
    return f" as it is: {', '.join(said)}" if said else ""


def _whose(text: str) -> str:
    try:
        mark = Mark.parsed(text)
    except ValueError:
        return "it cannot be read"
    return f"of the run {mark.run}, until {mark.until:%Y-%m-%d %H:%M:%S %Z}"
