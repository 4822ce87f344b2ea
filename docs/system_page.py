"""``system.yaml`` as a page and as a JSON Schema, from its models."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from docs.markdown import table, text
from squall.system.system import System
from squall.units import as_duration, per_second, percent, seconds

FORMS: Mapping[object, tuple[str, str]] = {
    seconds: (r"^\d+(\.\d+)?(ms|s|m|h)$", "a duration: `200ms`, `30s`, `5m`, `1h`"),
    per_second: (r"^\d+(\.\d+)?/s$", "a rate: `50/s`"),
    percent: (r"^\d+(\.\d+)?%$", "a share: `99.5%`"),
}


class _AsWritten(GenerateJsonSchema):
    """Describes durations, rates and shares as people write them, not as the numbers that they become."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Return the form of what a reader of units takes."""
        function = schema["function"]["function"]
        if function in FORMS:
            return {"type": "string", "pattern": FORMS[function][0]}
        return (
            {"type": ["string", "number"]} if function.__name__ == "_text" else super().function_before_schema(schema)
        )

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the default as it would be written."""
        found = super().default_schema(schema)
        value = found.get("default")
        if isinstance(value, dict):
            found["default"] = {}
        elif found.get("pattern") == FORMS[seconds][0] and isinstance(value, float):
            found["default"] = as_duration(value)
        elif found.get("pattern") == FORMS[per_second][0]:
            found["default"] = f"{value:g}/s"
        return found


def system_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``system.yaml``."""
    schema = System.model_json_schema(schema_generator=_AsWritten)
    # Where the file stands is not written in it.
    del schema["properties"]["folder"]
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def system_page() -> str:
    """Return every key of ``system.yaml``."""
    schema = system_schema()
    start = (
        "# system.yaml\n\nUnknown keys and wrong values are refused with their line. For editors: "
        "[the JSON Schema](schemas/system.yaml.schema.json).\n"
    )
    return "\n".join([start, *_sections("", schema, schema["$defs"])])


def _sections(place: str, model: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    rows, below = [], []
    for key, value in model["properties"].items():
        at = f"{place}.{key}".removeprefix(".")
        found = _model(value, known)
        needed = "needed" if key in model.get("required", ()) else _written(value)
        rows.append((f"`{key}`", _value(value, known) if found is None else f"see `{at}{found[0]}` below", needed))
        below += list(_sections(f"{at}{found[0]}", found[1], known)) if found is not None else []
    about = text(str(model.get("description", "")))
    yield f"## {f'`{place}`' if place else 'The file'}\n\n{about}\n\n{table(('Key', 'Value', 'Without it'), rows)}"
    yield from below


def _model(value: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the model below a key, and what leads to it (``.NAME`` where there are several); None: there is none."""
    value = _present(value)
    if "$ref" in value:
        return "", known[value["$ref"].rpartition("/")[2]]
    inner = value.get("additionalProperties") or next(iter(value.get("patternProperties", {}).values()), None)
    found = _model(inner, known) if isinstance(inner, dict) else None
    return None if found is None else (f".NAME{found[0]}", found[1])


def _present(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((one for one in value.get("anyOf", ()) if one.get("type") != "null"), value)


def _written(value: Mapping[str, Any]) -> str:
    default = value.get("default")
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default == {} and "$ref" in value:
        return "its own defaults"
    return "nothing" if default in (None, "", {}, [], ".") else f"`{default}`"


def _value(value: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    value = _present(value)
    if (said := dict(FORMS.values()).get(str(value.get("pattern")))) is not None:
        return said
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    if isinstance(inner := value.get("additionalProperties"), dict):
        return f"by name: {_value(inner, known)}"
    if "patternProperties" in value:
        return f"by name: {_value(next(iter(value['patternProperties'].values())), known)}"
    return f"{_KINDS[str(value['type'])]}{_bounds(value)}" if value.get("format") != "path" else "a path"


_KINDS = {"string": "text", "integer": "a whole number", "number": "a number", "array": "a list of texts",
          "boolean": "`true` or `false`",
          "['string', 'number']": "text or a number"}  # fmt: skip


def _bounds(value: Mapping[str, Any]) -> str:
    words = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}", "exclusiveMaximum": "below {}"}
    said = [text.format(f"{value[key]:g}") for key, text in words.items() if key in value]
    form = f" like `{value['pattern']}`".replace("|", "\\|") if "pattern" in value else ""
    return (f" {', '.join(said)}" if said else "") + form
