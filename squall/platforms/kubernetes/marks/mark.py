"""The mark of a harm that is held in the API, and the JSON Patches that set and take harm and mark together.

The mark is an annotation of the harmed object: which run, until when, how it is undone. It goes in with the harm in
one write that tests what was there; the undo tests mark and value, so what someone else changed is never overwritten.
Pure but for ``found``, which reads.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http import HTTPStatus

from pydantic import JsonValue as Json
from pydantic import TypeAdapter, ValidationError

from squall.agent.expiry.marks import (
    ANNOTATIONS,
    HARM,
    MARK,
    added,
    mark_text,
    pointed,
    taken_over,
    test,
    turned,
    unlisted,
    unmarking,
)
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import NODES, within
from squall.platforms.kubernetes.objects.field_managers import writer

# Undoes a harm that consists of fields of one object; see ``marking``.
FIELDS = "kubernetes.harm"
# For whoever reads the annotation; what a context is called is known there.
HOW = "squall undo --context CONTEXT"
# The kinds whose objects are looked at for marks, in the order in which they are undone: what pods read when they are
# started comes before what starts them. A fault that harms another kind adds it here.
MARKED = (
    "configmap", "secret", "deployment", "statefulset", "daemonset", "service", "horizontalpodautoscaler", "pod",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an object: ``path`` is a JSON pointer (RFC 6901); a value of None: the field is not there.

    Take the smallest field that does the harm: the server fills larger ones in, and then they are not what we wrote.
    """

    path: str
    was: Json
    wrote: Json


@dataclass(frozen=True, slots=True)
class UndoRecipe:
    """A kind of undo and its arguments, as ``squall.safety.undo_log.Undo`` has them."""

    kind: str
    args: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose harm it is, when it ends by its own word, and the undo: a registered kind and what it has to know.

    Where the object is, is not part of it: that is read from where the mark is found.
    """

    run: str
    until: datetime
    undo: UndoRecipe

    @classmethod
    def of(cls, run: str, until: datetime, changes: Sequence[FieldChange]) -> "Mark":
        """Return the mark of a harm that consists of changed fields."""
        return cls(run, until, UndoRecipe(FIELDS, {"changes": [asdict(change) for change in changes]}))

    @property
    def changes(self) -> Sequence[FieldChange]:
        """The changed fields. Raises ValueError if the harm does not consist of such."""
        return TypeAdapter(tuple[FieldChange, ...]).validate_python(self.undo.args.get("changes"))

    def text(self) -> str:
        """Return the annotation's value."""
        said = {"run": self.run, "until": self.until.isoformat(), "how": HOW, "undo": asdict(self.undo)}
        return json.dumps(said)

    @classmethod
    def parsed(cls, text: str) -> "Mark":
        """Return the mark that an annotation's value is. Raises ValueError: it is none."""
        mark = TypeAdapter(cls).validate_json(text)
        if mark.until.tzinfo is None:
            raise ValueError(f"the time {mark.until} has no zone")
        return mark


@dataclass(frozen=True, slots=True)
class Marked:
    """An object that bears a mark; ``problem`` says why the mark cannot be read (then ``mark`` is None)."""

    place: ObjectRef
    mark: Mark | None
    problem: str = ""


def marked_patch(found: Object, mark: Mark, changes: Sequence[FieldChange]) -> list[Object]:
    """Return the one write that does a harm and marks it, if everything still is as ``changes`` say it was.

    It tests that the object is the same, that nobody has marked it, and each field's value.
    """
    patch = [test("/metadata/uid", found["metadata"]["uid"])]
    if found["metadata"].get("annotations"):
        patch += [test(MARK, None), added(MARK, mark.text())]
    else:
        patch += [test(ANNOTATIONS, None), added(ANNOTATIONS, {HARM: mark.text()})]
    for change in changes:
        patch += turned(change.path, change.was, change.wrote)
    return patch


def unmarking_patch(found: Object, changes: Sequence[FieldChange]) -> tuple[list[Object], list[str]]:
    """Return the one write that takes mark and harm away, and a line for each field that is left alone.

    It tests the object, the mark as it was read, and each value that it sets back; a field that is no longer as we
    wrote it is someone else's by now.
    """
    told = []
    for change in reversed(changes):
        if (now := pointed(found, change.path)) == change.wrote:
            if change.was != change.wrote and taken_over(found, change.path):
                told.append(f"{change.path} was set anew by someone else{_by(found, change.path)}: left alone")
            continue
        if now == change.was:
            told.append(f"{change.path} was set back by someone else{_by(found, change.path)}")
        else:
            told.append(f"{change.path} was changed by someone else{_by(found, change.path)}: left alone")
    return unmarking(found, [(change.path, change.was, change.wrote) for change in changes]), told


def foreign(place: ObjectRef, mark: Mark) -> str:
    """Say what a mark names that no harm to such an object changes; empty: nothing."""
    path = unlisted(place.kind, [change.path for change in mark.changes])
    return f"its mark names {path}, which no harm to a {place.kind} changes" if path else ""


def reverted(found: Object, run: str) -> str:
    """Say in what an object is no longer as a run's harm left it; empty if all of it is as the harm left it."""
    if (text := mark_text(found)) is None:
        return f"its mark was taken away by someone else{_by(found, ANNOTATIONS)}"
    mark = Mark.parsed(text)
    if mark.run != run:
        return f"it bears the mark of the run {mark.run}"
    lost = [change.path for change in mark.changes if _lost(found, change)]
    return "; ".join(f"{path} was changed by someone else{_by(found, path)}" for path in lost)


def _lost(found: Object, change: FieldChange) -> bool:
    if pointed(found, change.path) != change.wrote:
        return True
    return change.was != change.wrote and taken_over(found, change.path)


def _by(found: Object, path: str) -> str:
    who = writer(found, path)
    return f" ({who})" if who else ""


def found(api: Api, namespaces: Sequence[str]) -> tuple[list[Marked], list[str]]:
    """Return what is marked in these namespaces and among the nodes, and a line for each kind that may not be read.

    Raises:
        ApiFailed: the API server does not answer.
    """
    lists = [(NODES, NODE, "")]
    lists += [(within(namespace, kind), kind, namespace) for namespace in namespaces for kind in MARKED]
    there, unread = [], []
    for path, kind, namespace in lists:
        try:
            items = api.metadata(path)
        except ApiFailed as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            unread.append(f"{kind}s{f' of {namespace}' if namespace else ''}: {error.reason}")
            continue
        there += [_read(ObjectRef(kind, str(item["metadata"]["name"]), namespace), text)
                  for item in items if (text := mark_text(item)) is not None]  # fmt: skip
    return there, unread


def _read(place: ObjectRef, text: str) -> Marked:
    try:
        return Marked(place, Mark.parsed(text))
    except ValidationError as error:
        first = error.errors()[0]
        return Marked(place, None, f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": "))
    except ValueError as error:
        return Marked(place, None, str(error))
