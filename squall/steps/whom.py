"""Whom a harm strikes, as sentences say it: ``a pod of "api"``, ``30% of the pods of "api"``."""

import re
from dataclasses import dataclass, replace

from squall.instances import ONE, Share, Within
from squall.units import percent

_PLACE = r"(?:on one node|in one zone)"
_SOME = r'\d+ pods of "[^"]+"|\d\S* of the pods of "[^"]+"'
# One instance, or each of them: the verb is in the singular.
POD = r'(?:a|every) pod of "[^"]+"'
# Several at once: the verb is in the plural.
PODS = rf'(?:\d+ pods of "[^"]+" {_PLACE}|the pods of "[^"]+" {_PLACE}|{_SOME})'
# Several, but not at once.
SERIES = rf'(?:the pods of "[^"]+"|{_SOME})'

_PARTS = re.compile(
    r'(?:(?P<word>a|every|the)|(?P<part>\S+) of the|(?P<count>\d+)) pods? of "(?P<service>[^"]+)"'
    r"(?: (?:on|in) one (?P<place>node|zone))?"
)
_NOBODY = 'nobody would be harmed; write "nothing is harmed for 30s" if that is meant'


def several(count: int) -> Share:
    """Return a count of one or more. Raises ValueError: nobody would be harmed."""
    if count < 1:
        raise ValueError(_NOBODY)
    return Share(count)


@dataclass(frozen=True, slots=True)
class Whom:
    """A service and how many of its instances: a word, a count or a part of them, and the place they are all in."""

    service: str
    word: str = ""
    count: str = ""
    part: str = ""
    place: str = ""

    @classmethod
    def of(cls, text: str) -> "Whom":
        """Return what a text that one of the patterns matches says."""
        found = _PARTS.fullmatch(text)
        assert found is not None  # noqa: S101 - the patterns above take nothing else
        return cls(**{name: value or "" for name, value in found.groupdict().items()})

    @property
    def share(self) -> Share:
        """How many. Raises ValueError, with what to write instead, for what would harm nobody."""
        within = Within(self.place) if self.place else None
        if self.part:
            if not (number := percent(self.part)):
                raise ValueError(_NOBODY)
            return Share(None, number)
        if self.count:
            return replace(several(int(self.count)), within=within)
        return ONE if self.word == "a" else Share(None, within=within)
