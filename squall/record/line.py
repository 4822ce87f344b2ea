"""Lines of the timeline: ``{t, kind, who, what}``, read as the event of their kind and written from it."""

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cache

from pydantic import JsonValue as Json
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema

from squall.record.event import FORMER_KINDS, HEAD, KINDS, Event, UnknownEvent
from squall.writing.redact import redacted, without_secrets


def read(line: bytes) -> Event:
    """Return the event of a line. Raises ValueError (pydantic's) if it is none."""
    try:
        known: Event = _known().validate_json(line)
    except ValidationError as error:
        if error.errors()[0]["type"] != "union_tag_invalid":
            raise
        return TypeAdapter(UnknownEvent).validate_json(line)
    return known


def event(t: float, kind: str, who: str, what: Mapping[str, Json]) -> Event:
    """Return the event that was said as a kind and a map. Raises ValueError if a known kind is not as it should be."""
    if kind not in KINDS:
        return UnknownEvent(t, who, kind, what)
    found: Event = _known().validate_python({"t": t, "kind": kind, "who": who, "what": what})
    return found


def write(said: Event) -> bytes:
    """Return the line of an event, with its end, and without what looks like a secret."""
    head = {"t": said.t, "kind": said.kind, "who": redacted(said.who)}
    return b'%s,"what":%s}\n' % (_compact(head)[:-1], _safe(_what(said)))


def details(said: Event) -> dict[str, Json]:
    """Return what an event says besides its moment and whom it is about, as the line holds it."""
    found: dict[str, Json] = json.loads(_what(said))
    return found


def schema() -> dict[str, object]:
    """Return the JSON Schema of a line."""
    lines: list[dict[str, object]] = []
    definitions: dict[str, object] = {}
    for kind in KINDS:
        what = _adapter(kind).json_schema(by_alias=False)
        definitions |= what.pop("$defs", {})
        what["properties"] = {name: value for name, value in what["properties"].items() if name not in HEAD}
        what["required"] = [name for name in what.get("required", ()) if name not in HEAD]
        head = {"t": {"type": "number"}, "kind": {"const": kind}, "who": {"type": "string"}}
        lines.append({"type": "object", "properties": {**head, "what": what}, "required": [*head, "what"]})
    other = {"t": {"type": "number"}, "kind": {"not": {"enum": list(KINDS)}}, "who": {"type": "string"}}
    lines.append({"type": "object", "properties": other, "required": list(other)})
    return {"title": "Event", "$defs": definitions, "oneOf": lines}


def _what(said: Event) -> bytes:
    if isinstance(said, UnknownEvent):
        return _compact(said.what)
    left_out = {field.name for field in fields(said) if field.name in HEAD or getattr(said, field.name) is None}
    return _adapter(said.KIND).dump_json(said, exclude=left_out)


def _safe(what: bytes) -> bytes:
    """Return a JSON text without what looks like a secret; as it is, if it holds none."""
    found = json.loads(what)
    return what if (safe := without_secrets(found)) == found else _compact(safe)


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter({**KINDS, **FORMER_KINDS}[kind])


@cache
def _known() -> SchemaValidator:
    """Return what reads an event by its kind, in one step: timelines are read while they grow."""
    choices = {kind: _adapter(kind).core_schema for kind in (*KINDS, *FORMER_KINDS)}
    return SchemaValidator(core_schema.tagged_union_schema(choices, discriminator="kind"))
