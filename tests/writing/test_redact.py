"""What looks like a secret is taken out, however long the text, and what does not stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
