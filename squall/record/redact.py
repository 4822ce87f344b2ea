"""Takes out of a text what looks like a secret. The record should hold none; a report is read by more people.

Texts come from the system under test, which may be hostile: each pattern is linear, for it begins at a fixed word and
every repetition in it is bounded.
"""

import re

_HIDDEN = "***"
# A value in quotes is taken whole, blanks included; one without ends at the next blank or separator.
_VALUE = r"""(?:"(?:[^"\\]|\\.){0,4000}"?|'(?:[^'\\]|\\.){0,4000}'?|[^\s"',;&}]{1,4000})"""
_GAP = r"[\"']?\s{0,5}[=:]\s{0,5}"
_NAMED = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)"


def _after(begins: str, value: str = _VALUE) -> re.Pattern[str]:
    return re.compile(rf"(?P<kept>{begins}){value}", re.IGNORECASE)


# ``user:password@`` of an address, up to the last @ of the word; ``host:8080/`` is no password.
_ADDRESS = _after(r"\b[a-z][a-z0-9+.-]{0,30}://", r"[^\s/@:\"']{0,200}:(?!\d{1,5}(?:[/?#]|$))[^\s\"']{0,500}(?=@)")
_PATTERNS = (
    _after(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----", r"[^-]{0,20000}"),
    _after(rf"\b(?:proxy-)?authorization{_GAP}[\"']?(?:[a-z]{{2,20}}\s{{1,5}}(?=\S))?"),
    _after(r"\b(?:set-)?cookie2?[\"']?\s{0,5}:\s{0,5}", r"[^\r\n]{1,4000}"),
    _after(r"\b(?:bearer|basic)\s{1,5}", r"[A-Za-z0-9._~+/-]{12,4000}={0,4}"),
    _after(
        r"[?&](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|key|code)=", r"[^\s&\"']{1,4000}"
    ),
    _after(rf"--[\w-]{{0,40}}{_NAMED}[\w-]{{0,40}}\s{{1,5}}(?!-)"),
    _after(rf"{_NAMED}[\w.-]{{0,40}}{_GAP}"),
)
# Tokens that are known by their shape alone: JSON Web Tokens, keys of AWS, GitHub, GitLab, Slack, Google, OpenAI.
_SHAPES = re.compile(
    r"\beyJ[\w-]{8,2000}\.[\w-]{4,4000}(?:\.[\w-]{0,1000})?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk-)[\w-]{16,255}"
    r"|\bAIza[\w-]{35}"
)


def redacted(text: str) -> str:
    """Return the text with passwords, named secrets, cookies and tokens replaced by ``***``."""
    text = _ADDRESS.sub(rf"\g<kept>{_HIDDEN}", text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<kept>{_HIDDEN}", text)
    return _SHAPES.sub(_HIDDEN, text)
