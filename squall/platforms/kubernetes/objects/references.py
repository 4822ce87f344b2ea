"""Which ConfigMaps and Secrets the pods of a template read, by environment or by volume. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from squall.platforms.kubernetes.api.client import Object

# The fields of a pod's template that refer to an object, and where each has its name (core/v1: EnvFromSource,
# EnvVarSource, Volume, VolumeProjection; a Secret's volume names it otherwise than all the rest).
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "configmap": ("configMapRef", "configMapKeyRef", "configMap"),
    "secret": ("secretRef", "secretKeyRef", "secret"),
}
_NAMES = ("name", "secretName")


def reads(template: Object, kind: Literal["configmap", "secret"]) -> list[str]:
    """Return the names of the objects of a kind that pods of a template read, in order."""
    return sorted(set(_named(template.get("spec") or {}, _FIELDS[kind])))


def _named(value: object, fields: Collection[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _named(each, fields)
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if key in fields and isinstance(inner, Mapping):
            yield from (str(inner[name]) for name in _NAMES if name in inner)
        yield from _named(inner, fields)
