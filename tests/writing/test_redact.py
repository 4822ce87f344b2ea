"""What looks like a secret is taken out, however long the text, and what does not stays."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.claims.registry import claims
from squall.faults.registry import faults
from squall.writing.redact import names_secret, redacted

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw"
HIDDEN = [
    ("postgres://app:hunter2@db/x", "postgres://***@db/x"),
    ("postgres://app:p@ss/word@db/x", "postgres://***@db/x"),
    ("redis://:hunter2@cache:6379", "redis://***@cache:6379"),
    ("password=hunter2", "password=***"),
    ("DB_PASSWORD: hunter2, next", "DB_PASSWORD: ***, next"),
    ('{"password": "two words, and \\" more"}', '{"password": ***}'),
    ("passwd='two words'", "passwd=***"),
    ("the-api_key_of_x = abc", "the-api_key_of_x = ***"),
    ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key=***"),
    ("secretAccessKey: abc", "secretAccessKey: ***"),
    ('{"clientSecretValue":"abc"}', '{"clientSecretValue":***}'),
    ("TOKENS=a", "TOKENS=***"),
    ("PASSWORD2=abc", "PASSWORD2=***"),
    ("db.password.old=abc", "db.password.old=***"),
    ("DefaultEndpointsProtocol=https;AccountKey=abc==;x", "DefaultEndpointsProtocol=https;AccountKey=***;x"),
    ("token.py:12: token = 'abc'", "token.py:12: token = ***"),
    ("https://hooks.slack.com/services/T00000000/B00000000/abcdefgh", "https://hooks.slack.com/services/***"),
    ("dckr_pat_abcdefghijklmnopqrstuvwxyz0", "***"),
    ("Authorization: Token abc123", "Authorization: Token ***"),
    ("authorization: abc123", "authorization: ***"),
    ('"Authorization": "Bearer abcdefghijklmnop"', '"Authorization": "Bearer ***"'),
    ("Proxy-Authorization=Digest abc", "Proxy-Authorization=Digest ***"),
    ("Cookie: session=abc; other=d", "Cookie: ***"),
    ("set-cookie: id=abc; HttpOnly", "set-cookie: ***"),
    (f"the answer was {JWT}!", "the answer was ***!"),
    ("key AKIAIOSFODNN7EXAMPLE was refused", "key *** was refused"),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "***"),
    ("glpat-abcdefghijklmnopqrst", "***"),
    ("GET /blob?sv=1&sig=abc%2Fd%3D&se=2", "GET /blob?sv=1&sig=***&se=2"),
    ("run --password hunter2 --user me", "run --password *** --user me"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
     "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"),
]  # fmt: skip
KEPT = [
    "http://127.0.0.1:8080/a/b?c=d@e",
    "connecting to api:8080: refused",
    "at least 99% of requests succeed in the 60s after",
    "the secret was rotated, and 3 tokens are left",
    "pod/api-7c9 restarted 3 times",
    "SecretRotated: it cannot be set back",
    "the platform local does not offer SecretRotated: it has no cluster",
    "tokenizer: bert-base",
    "secretary: Jane",
    "passwordless: yes",
    "secret_name: database",
    "squall/faults/secret_rotated.py:12: it",
    "squall/platforms/secret_copy.py: it",
    "TokenExpired: log in again",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_a_secret_is_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert redacted(redacted(text)) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    "part",
    [
        "secret",
        "secretkey",
        "secret_",
        "tokens2",
        "a",
        "a.",
        "eyJ-",
        "secret=",
        'secret="',
        "://a:",
        "a://",
        "bearer ",
        "cookie:",
        "?key=",
        "--token ",
        "\\",
    ],
)
def test_a_hostile_text_is_read_in_one_go(part: str) -> None:
    """A pattern that grows faster than the text takes hours here, and the test's own time limit ends it."""
    text = part * (400_000 // len(part))
    assert len(redacted(text)) <= len(text) + len("***") * (text.count("=") + text.count(":") + 2)


VALUES = st.text("abcdefghijkmnopqrstuvwxyzABCDEFGH0123456789+/_.-!$%", min_size=12, max_size=40)
WORDS = st.sampled_from(
    [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "apiKey",
        "access-key",
        "privateKey",
        "credential",
    ]
)
CASES = st.sampled_from([str, str.upper, str.title])


@given(
    before=st.sampled_from(["", "db_", "my-", "x.", "client"]), word=WORDS, case=CASES,
    after=st.sampled_from(["", "s", "2", "_old", "-for-ci", ".value", "Value", "Hash"]),
    gap=st.sampled_from([": ", "=", " = ", '": "', "='", ":"]), value=VALUES,
)  # fmt: skip
def test_whatever_is_called_a_secret_is_hidden(
    before: str, word: str, case: Callable[[str], str], after: str, gap: str, value: str
) -> None:
    shown = redacted(f"it says {before}{case(word)}{after}{gap}{value} there")
    assert value not in shown
    assert shown.startswith("it says ")


@given(
    word=WORDS, case=CASES,
    after=st.sampled_from(["Rotated", "Expired", "izer", "less", "ary", "Policy", "Provider", "_rotated", "-expired"]),
    value=VALUES,
)  # fmt: skip
def test_a_word_that_only_begins_like_one_is_none(
    word: str, case: Callable[[str], str], after: str, value: str
) -> None:
    text = f"{case(word)}{after}: {value}"
    assert redacted(text) == text


def test_what_squall_itself_calls_things_is_none() -> None:
    names = [*faults(), *claims()]
    assert "SecretRotated" in names
    assert [name for name in names if redacted(f"{name}: it") != f"{name}: it"] == []


@given(st.text(max_size=200))
def test_nothing_raises(text: str) -> None:
    redacted(text)


SECRET_NAMES = (
    "DB_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    "api_key",
    "STRIPE_KEY",
    "AZURE_SAS",
    "npm_auth",
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_variable_that_holds_a_secret_is_known_by_its_name(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LANG", "TZ", "KEYBOARD", "SQUALL_CACHE", "SSH_AUTH_SOCK", "PYTHONPATH"]
)
def test_others_are_none(name: str) -> None:
    assert not names_secret(name)
