"""Which scenarios are meant."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.errors import Misuse
from squall.pytest_plugin.selection import Candidate, Selection, has

TAGS = {"kind", "slow", "promise.Q2", "severity:critical"}


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("kind", True),
        ("@kind", True),
        ("not kind", False),
        ("not not kind", True),
        ("kind and not slow", False),
        ("kind and (slow or nope)", True),
        ("nope or kind and slow", True),
        ("(nope or kind) and nope", False),
        ("not (nope or nope)", True),
        ("promise.Q2 and severity:critical", True),
    ],
)
def test_expressions_of_tags(expression: str, fits: bool) -> None:
    assert has(expression, TAGS) is fits


@pytest.mark.parametrize(
    "expression", ["", " ", "and", "kind and", "kind slow", "(kind", "kind)", "not", "()", "or kind"]
)
def test_what_is_no_expression_is_misuse(expression: str) -> None:
    with pytest.raises(Misuse, match=r"^invalid tag expression .*; example: kind and not slow$"):
        Selection(tag=expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("kind and", "unexpected end"),
        ("(kind", "unexpected end"),
        ("kind slow", "Expected operator after kind"),
    ],
)
def test_it_says_what_is_wrong_with_it(expression: str, reason: str) -> None:
    with pytest.raises(Misuse) as raised:
        has(expression, ())
    assert str(raised.value) == f"invalid tag expression {expression!r}: {reason}; example: kind and not slow"


@given(
    st.text(max_size=30) | st.lists(st.sampled_from(["(", ")", "and", "or", "not", "kind"]), max_size=400).map(" ".join)
)
def test_any_text_is_an_expression_or_misuse(expression: str) -> None:
    with suppress(Misuse):
        assert has(expression, TAGS) in {True, False}


def test_all_that_is_asked_must_fit() -> None:
    one = Candidate("A pod crashes", TAGS, "shop")
    assert Selection().takes(one)
    assert Selection(promise="Q2", name="POD", tag="kind", system="shop").takes(one)
    for other in (Selection(promise="Q"), Selection(name="node"), Selection(tag="nope"), Selection(system="sho")):
        assert not other.takes(one)
        assert "none of the 1 has" in other.nothing([one])
