"""Tags of scenarios as marks of pytest, so that ``-m``, ``@skip`` and ``@xfail`` do what they do for other tests."""

import re
from collections.abc import Collection

import pytest

# A mark is a name of Python, and pytest keeps those with an underscore before them for itself.
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
# Marks that mean something only with arguments, which a tag cannot have.
_WITH_ARGUMENTS = {"parametrize", "usefixtures", "filterwarnings"}


def mark(item: pytest.Item, tags: Collection[str]) -> None:
    """Mark an item with those of its tags that can be marks; others (``promise.Q2``, ``severity:critical``) are labels.

    A tag needs no registration, with ``--strict-markers`` either: whoever writes it has not mistyped a mark.
    """
    for tag in sorted(tags):
        if _NAME.fullmatch(tag) and tag not in _WITH_ARGUMENTS:
            line = f"{tag}: a tag of squall scenarios"
            if line not in item.config.getini("markers"):
                item.config.addinivalue_line("markers", line)
            item.add_marker(tag)
