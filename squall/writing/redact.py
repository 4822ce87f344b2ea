"""Takes out of a text what looks like a secret, before it is written: records and reports are read by more people.

Texts come from the system under test, which may be hostile: each pattern is linear, for it begins at a fixed word and
every repetition in it is bounded.
"""

import re

_HIDDEN = "***"
# A value in quotes is taken whole, blanks included; one without ends at the next blank or separator.
_VALUE = r"""(?:"(?:[^"\\]|\\.){0,4000}"?|'(?:[^'\\]|\\.){0,4000}'?|[^\s"',;&}]{1,4000})"""
_GAP = r"[\"']?\s{0,5}[=:]\s{0,5}"
_NAMED = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|account|private)[_-]?key|credential)"
# How the name of a secret goes on: with a separator as it likes (DB_PASSWORD_OLD), without one by a word that still
# means the secret itself (secretAccessKey). A word that goes on otherwise is another one (SecretRotated, tokenizer),
# and so is one that says what became of the secret, or in which file it is spoken of.
_ANOTHER = r"(?![_.-](?:rotat|expir|missing|invalid|required|unset|names?\b|type\b))"
_MORE = r"(?:key|value|hash|token|secret|string|text|data|access|base64|b64|plain|old|new|prod|dev|test)"
_NAME = (
    rf"{_NAMED}s?\d{{0,4}}{_ANOTHER}(?:[_.-][\w.-]{{0,40}}|{_MORE}{{1,3}}\d{{0,4}})?(?<!\.py)(?<!\.md)(?<!\.feature)"
)


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
    _after(_NAME + _GAP),
)
# Tokens that are known by their shape alone: JSON Web Tokens, keys of AWS, GitHub, GitLab, Slack (and where its hooks
# are), Google, OpenAI, Stripe, Hugging Face, npm, PyPI, DigitalOcean, Vault, age, SendGrid, Docker Hub, Grafana,
# Shopify, Linear, Square, Pulumi, Databricks, Terraform.
_SHAPES = re.compile(
    r"\beyJ[\w-]{8,2000}\.[\w-]{4,4000}(?:\.[\w-]{0,1000})?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\b(?:gh[pousr]_|github_pat_|gl(?:pat|dt|ptt|rt|cbt|agent)-|xox[abeoprs]-|xapp-|sk-|[rs]k_(?:live|test)_)[\w-]{16,255}"
    r"|\b(?:hf_|npm_|pypi-|dop_v1_|hvs\.|AGE-SECRET-KEY-1|ya29\.|SG\.)[\w.-]{16,1000}"
    r"|\b(?:dckr_(?:pat|oat)_|gl(?:sa|c)_|shp(?:at|ca|pa|ss)_|lin_api_|GOCSPX-|sq0(?:atp|csp)-|pul-|whsec_)[\w-]{16,255}"
    r"|\bdapi[0-9a-f]{32}\b|\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,100}"
    r"|(?<=hooks\.slack\.com/services/)[\w/]{16,100}"
    r"|\bAIza[\w-]{35}"
)
# Fields whose text is hidden whole. The name of a Secret is none, nor is that of one of its keys.
_FIELD = re.compile(
    r"passw(?:or)?d|passphrase|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return the text with passwords, named secrets, cookies and tokens replaced by ``***``."""
    text = _ADDRESS.sub(rf"\g<kept>{_HIDDEN}", text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<kept>{_HIDDEN}", text)
    return _SHAPES.sub(_HIDDEN, text)


def names_secret(variable: str) -> bool:
    """Whether a variable of the environment is, by its name, one that holds a secret."""
    return re.search(r"secret|_key$|_auth$|_pat$|_sas$", variable, re.IGNORECASE) is not None or (
        _FIELD.search(variable) is not None
    )


def without_secrets(said: object) -> object:
    """Return a JSON value with its texts redacted; a text in a field that is named after a secret is hidden whole."""
    if isinstance(said, str):
        return redacted(said)
    if isinstance(said, dict):
        return {redacted(str(key)): _field(str(key), value) for key, value in said.items()}
    return [without_secrets(each) for each in said] if isinstance(said, list) else said


def _field(name: str, value: object) -> object:
    return _HIDDEN if isinstance(value, str) and value and _FIELD.search(name[:200]) else without_secrets(value)
