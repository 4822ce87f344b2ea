"""How an answer says that a fallback gave it. Pure: it knows headers and bodies, and nothing of Locust."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from squall.record.samples import DEGRADED

# A longer body is not read for its mark (bytes).
LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class MarkRule:
    """Where the mark is: in a ``header``, or under the key ``body`` of a JSON object; ``value``: what it must be."""

    header: str = ""
    body: str = ""
    value: str | None = None

    def of(self, headers: Mapping[str, str] | None, content: bytes | None) -> str:
        """Return ``degraded`` for an answer that bears the mark, else nothing."""
        if self.header:
            found: object = headers.get(self.header) if headers is not None else None
        elif self.body and content and len(content) <= LONGEST:
            found = _value(content, self.body)
        else:
            return ""
        if self.value is not None:
            return DEGRADED if _text(found) == self.value else ""
        return DEGRADED if found and _text(found).lower() not in {"0", "false"} else ""


def _value(content: bytes, key: str) -> object:
    try:
        told = json.loads(content)
    except ValueError:
        return None
    return told.get(key) if isinstance(told, dict) else None


def _text(found: object) -> str:
    return found if isinstance(found, str) else json.dumps(found)
