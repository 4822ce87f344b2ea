"""Who keeps an object as it says, and who wrote a field last: read from labels, annotations and managedFields. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from squall.platforms.kubernetes.api.client import Object


@dataclass(frozen=True, slots=True)
class _Keeper:
    """A system that writes objects as a source says: how it is told by, and what it does to a change of ours."""

    name: str
    metadata: tuple[str, ...]
    managers: tuple[str, ...]
    does: str


# Names as their own documentation has them (Helm "Labels and Annotations", Argo CD "Resource Tracking", Flux
# "Garbage collection"), and the field managers of their controllers.
_KEEPERS = (
    _Keeper("Helm", ("meta.helm.sh/release-name",), ("helm",), "an upgrade of the release writes it anew"),
    _Keeper("Argo CD", ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance"),
            ("argocd-controller", "argocd-application-controller"), "if it heals by itself, it reverts it in seconds"),
    _Keeper("Flux", ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"),
            ("kustomize-controller", "helm-controller"), "it reverts it when it reconciles next"),
)  # fmt: skip


def keepers(found: Object) -> Sequence[str]:
    """Return a line for each system that keeps the object as its source says: who, of what, and what that does."""
    meta = found["metadata"]
    said: Mapping[str, str] = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    managers = {str(each.get("manager")) for each in meta.get("managedFields") or ()}
    return [line for keeper in _KEEPERS if (line := _line(keeper, said, managers))]


def _line(keeper: _Keeper, said: Mapping[str, str], managers: set[str]) -> str:
    named = next((said[key] for key in keeper.metadata if key in said), "")
    if not named and not managers & set(keeper.managers):
        return ""
    # A tracking id goes on behind the name of the application.
    of = f" ({named.partition(':')[0]})" if named else ""
    return f"kept by {keeper.name}{of}: {keeper.does}"


def writer(found: Object, path: str) -> str:
    """Return who wrote a field (a JSON pointer) last, and when; empty if the object does not say."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    there = [each for each in found["metadata"].get("managedFields") or () if _holds(each.get("fieldsV1") or {}, parts)]
    last = max(there, key=lambda each: str(each.get("time") or ""), default=None)
    return "" if last is None else " at ".join(_said(last))


def _said(entry: Object) -> Iterator[str]:
    yield str(entry.get("manager") or "unknown")
    if entry.get("time"):
        yield str(entry["time"])


def _holds(fields: Object, parts: Sequence[str]) -> bool:
    for part in parts:
        if f"f:{part}" not in fields:
            # Items of lists are named by their keys there, and by their places in a pointer: the list stands for them.
            return part.isdecimal()
        fields = fields[f"f:{part}"]
    return True
