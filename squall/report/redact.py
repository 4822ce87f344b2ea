"""Takes out of a text what looks like a secret. The record should hold none; a report is read by more people."""

import re

_HIDDEN = "***"
_CREDENTIALS = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/@:\"']*:[^\s/@\"']+@", re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<name>[\w.-]*(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|credential)[\w.-]*[\"']?\s*[=:]\s*[\"']?)"
    r"(?P<value>[^\s\"',;&]+)",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?P<name>--[\w-]*(?:password|secret|token|api-key)[\w-]*\s+)(?P<value>\S+)", re.IGNORECASE)
_BEARER = re.compile(r"(?P<name>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/-]{12,}=*", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return the text with passwords in addresses, named secrets and authorisation values replaced by ``***``."""
    text = _CREDENTIALS.sub(rf"\g<scheme>{_HIDDEN}@", text)
    for pattern in (_BEARER, _OPTION, _NAMED):
        text = pattern.sub(rf"\g<name>{_HIDDEN}", text)
    return text
