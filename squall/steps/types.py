"""Typed placeholders. They take what looks right and leave its meaning to the factories.

A factory can say what is wrong; a converter that raises would only make pytest-bdd say that the sentence is unknown.
"""

from collections.abc import Callable, Mapping

from squall.instances import Trouble
from squall.steps.whom import POD, PODS, SERIES, Whom


def _placeholder(pattern: str, convert: Callable[[str], object] = str) -> Callable[[str], object]:
    def read(text: str) -> object:
        return convert(text)

    read.pattern = pattern  # type: ignore[attr-defined]
    return read


TYPES: Mapping[str, Callable[[str], object]] = {
    "Name": _placeholder(r'[^"]+'),
    "Phrase": _placeholder(r'[^\s"](?:[^"]*[^\s"])?'),
    "Path": _placeholder(r'[^"]+'),
    "Count": _placeholder(r"\d+", int),
    "Rate": _placeholder(r"\d+(?:\.\d+)?", float),
    "Duration": _placeholder(r"\d\S*"),
    "Percent": _placeholder(r"\d\S*"),
    "Ordinal": _placeholder(r"\d+(?:\.\d+)?(?:st|nd|rd|th)", lambda text: float(text[:-2])),
    "Kinds": _placeholder(r'"[^"]+" \d\S*%(?:(?:, ?| and |, and )"[^"]+" \d\S*%)*'),
    "Trouble": _placeholder("|".join(Trouble)),
    "Pod": _placeholder(POD, Whom.of),
    "Pods": _placeholder(PODS, Whom.of),
    "Series": _placeholder(SERIES, Whom.of),
}
# How a placeholder that is a whole phrase is shown to people, by its plainest form.
PHRASES: Mapping[str, str] = {
    "Pod": 'a pod of "{service:Name}"',
    "Pods": '{count:Count} pods of "{service:Name}"',
    "Series": 'the pods of "{service:Name}"',
}
