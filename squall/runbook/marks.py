"""A runbook in Markdown: which lines are tied to which promises, and what its commands name. Reads text alone.

A mark is a comment, ``<!-- squall: Q5 -->``, in the line that makes the promise or alone in a line before it. Behind
the promises it may name keys of the system file whose values the line repeats: ``Q5 objectives.success``.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from squall.errors import Misuse

_MARK = re.compile(r"<!--\s*squall:(.*?)-->")
_PROMISE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
# Fences whose lines are commands; one without a language often is.
SHELLS = frozenset({"", "sh", "bash", "shell", "console", "zsh"})
# What nobody types as it stands: <pod>, $POD, ${POD}, POD_NAME, ...
_PLACEHOLDER = re.compile(r"[<>$*{}]|\.\.\.|^[A-Z][A-Z0-9_-]+$")


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of the runbook that makes promises; ``keys`` lead to values of the system file that it repeats."""

    line: int
    promises: Sequence[str]
    keys: Sequence[str]
    text: str


@dataclass(frozen=True, slots=True)
class NamedObject:
    """What a kubectl command names: an object by its name, or pods by a selector. ``namespace`` is empty by default."""

    line: int
    kind: str
    name: str = ""
    selector: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        what = f"{self.kind} {self.name}" if self.name else f"pods with {self.selector}"
        return what if self.kind == "namespace" or not self.namespace else f"{what} in {self.namespace}"


@dataclass(frozen=True, slots=True)
class Runbook:
    """What was read of a runbook; ``unread`` are kubectl commands (their lines) of which nothing can be looked up."""

    marked: Sequence[MarkedLine]
    named: Sequence[NamedObject]
    unread: Sequence[tuple[int, str]]


def read_runbook(path: Path) -> Runbook:
    """Read a runbook.

    Raises:
        Misuse: it cannot be read, or has marks of no meaning; one line for each.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise Misuse(f"reading {path}: {error}") from error
    fences = [token for token in MarkdownIt().parse(text) if token.type == "fence" and token.map is not None]
    inside = {line for token in fences for line in range(*token.map)} if fences else set()  # type: ignore[misc]
    marked = list(_marked(path, text.splitlines(), inside))
    commands = [each for token in fences if token.info.split(" ")[0].lower() in SHELLS
                for each in _commands(token.content, (token.map or [0])[0] + 2)]  # fmt: skip
    found = [(line, command, list(named(line, command))) for line, command in commands]
    return Runbook(
        marked,
        list(dict.fromkeys(each for _, _, names in found for each in names)),
        [(line, command) for line, command, names in found if not names],
    )


def _marked(path: Path, lines: Sequence[str], inside: set[int]) -> Iterator[MarkedLine]:
    problems: list[str] = []
    for index, line in enumerate(lines):
        for mark in _MARK.finditer(line) if index not in inside else ():
            words = [word for word in re.split(r"[\s,]+", mark[1]) if word]
            promises, keys = [w for w in words if "." not in w], [w for w in words if "." in w]
            bad = [word for word in promises if not _PROMISE.fullmatch(word)]
            bad += [word for word in keys if not _KEY.fullmatch(word)]
            if bad or not promises:
                why = f"{bad[0]!r} is neither a promise nor a key" if bad else "it names no promise"
                problems.append(f"{path}:{index + 1}: a mark of no meaning: {why}; write <!-- squall: Q5 -->")
                continue
            at = _promising(lines, index)
            if at is None:
                problems.append(f"{path}:{index + 1}: behind this mark there is no line that it could be about")
                continue
            yield MarkedLine(at + 1, promises, keys, _MARK.sub("", lines[at]).strip())
    if problems:
        raise Misuse("\n".join(problems))


def _promising(lines: Sequence[str], index: int) -> int | None:
    """Return the index of the line that a mark is about: its own, or the next that says something."""
    return next((at for at in range(index, len(lines)) if _MARK.sub("", lines[at]).strip(" |>-*#\t")), None)


def _commands(content: str, first: int) -> Iterator[tuple[int, str]]:
    """Yield kubectl commands with their lines; one that goes on after a backslash is one."""
    whole, begins = "", first
    for line, raw in enumerate(content.splitlines(), start=first):
        begins = begins if whole else line
        whole += raw.strip().removeprefix("$ ")
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        for part in re.split(r"\s(?:\|\||&&|;|\|)\s", whole):
            if part.split()[:1] == ["kubectl"]:
                yield begins, part
        whole = ""


def named(line: int, command: str) -> Iterator[NamedObject]:
    """Yield what a kubectl command names, without what stands for something else; nothing is run."""
    try:
        words = shlex.split(command, comments=True)[1:]
    except ValueError:
        return
    # Behind it comes what is run in the container.
    words = words[: words.index("--")] if "--" in words else words
    options, plain = _options(words)
    namespace, selector = options.get("namespace", ""), options.get("selector", "")
    if namespace and not _PLACEHOLDER.search(namespace):
        yield NamedObject(line, "namespace", namespace)
    elif namespace:
        return
    if selector and not _PLACEHOLDER.search(selector):
        yield NamedObject(line, "pod", selector=selector, namespace=namespace)
    for kind, name in _objects(plain):
        if not _PLACEHOLDER.search(name):
            yield NamedObject(line, kind, name, namespace="" if kind in CLUSTER_WIDE else namespace)


_SHORT = {"n": "namespace", "l": "selector"}
# Options of kubectl that take a value as their next word.
_VALUED = frozenset({"namespace", "selector", "o", "output", "f", "filename", "c", "container", "p", "patch", "context",
                     "replicas", "type", "tail", "since", "timeout", "to-revision", "grace-period", "for"})  # fmt: skip


def _options(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            plain.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals and name in {*_VALUED, *_SHORT}:
            value = next(rest, "")
        options[_SHORT.get(name, name)] = value
    return options, plain


# The kinds that can be looked up, by all that kubectl calls them. Secrets are not: squall reads none.
KINDS = {
    alias: kind
    for kind, aliases in {
        "deployment": "deployment deployments deploy", "statefulset": "statefulset statefulsets sts",
        "daemonset": "daemonset daemonsets ds", "service": "service services svc",
        "configmap": "configmap configmaps cm", "node": "node nodes no", "namespace": "namespace namespaces ns",
        "horizontalpodautoscaler": "horizontalpodautoscaler horizontalpodautoscalers hpa",
    }.items()
    for alias in aliases.split()
}  # fmt: skip
CLUSTER_WIDE = frozenset({"node", "namespace"})
# Verbs that stand before the kind, and may be of two words.
_VERBS = frozenset({"get", "describe", "delete", "scale", "rollout", "logs", "exec", "edit", "patch", "label",
                    "annotate", "wait", "port-forward", "autoscale", "set", "expose", "top"})  # fmt: skip
_SECOND = frozenset({"restart", "status", "undo", "history", "pause", "resume", "image", "env", "resources"})
_OF_NODES = frozenset({"cordon", "uncordon", "drain"})


def _objects(plain: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not plain:
        return
    verb, rest = plain[0], list(plain[1:])
    if verb in _OF_NODES:
        yield from (("node", name.removeprefix("node/")) for name in rest)
        return
    if verb not in _VERBS:
        return
    rest = rest[1:] if rest[:1] and rest[0] in _SECOND else rest
    kind = KINDS.get(rest[0].lower()) if rest and "/" not in rest[0] else None
    if kind is not None:
        yield from ((kind, name) for name in rest[1:] if "=" not in name and "/" not in name)
    for word in rest:
        alias, slash, name = word.partition("/")
        if slash and alias.lower() in KINDS and name and "=" not in name:
            yield KINDS[alias.lower()], name
