"""What the mark of a fallback's answer is, and what is none."""

import pytest

from squall.load.mark import MarkRule


@pytest.mark.parametrize(
    ("rule", "headers", "body", "marked"),
    [
        (MarkRule(header="x-degraded"), {"x-degraded": "1"}, None, True),
        (MarkRule(header="x-degraded"), {"x-degraded": "false"}, None, False),
        (MarkRule(header="x-degraded"), {"x-degraded": ""}, None, False),
        (MarkRule(header="x-degraded"), {}, None, False),
        (MarkRule(header="x-degraded"), None, None, False),
        (MarkRule(header="x-cache", value="off"), {"x-cache": "off"}, None, True),
        (MarkRule(header="x-cache", value="off"), {"x-cache": "hit"}, None, False),
        (MarkRule(body="degraded"), {}, b'{"degraded": true}', True),
        (MarkRule(body="degraded"), {}, b'{"degraded": {"by": "cache"}}', True),
        (MarkRule(body="degraded"), {}, b'{"degraded": 0}', False),
        (MarkRule(body="degraded"), {}, b'{"degraded": null}', False),
        (MarkRule(body="source", value="popular"), {}, b'{"source": "popular"}', True),
        (MarkRule(body="tier", value="2"), {}, b'{"tier": 2}', True),
        (MarkRule(body="degraded"), {}, b'["degraded"]', False),
        (MarkRule(body="degraded"), {}, b"degraded: true", False),
        (MarkRule(body="degraded"), {}, b"\xff{", False),
        (MarkRule(body="degraded"), {}, b'{"degraded": true}' + b" " * (1 << 20), False),
        (MarkRule(), {"x-degraded": "1"}, b'{"degraded": true}', False),
    ],
)
def test_a_mark_is_what_the_system_file_names(
    rule: MarkRule, headers: dict[str, str] | None, body: bytes | None, marked: bool
) -> None:
    assert rule.of(headers, body) == ("degraded" if marked else "")
