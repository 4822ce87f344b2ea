"""The header by which a system can tell squall's requests from its users', and which run they belong to."""

import re

NAME = "X-Squall-Run"
# What a header's value may hold: a run's name that has more would end the header, or the connection.
_OTHERS = re.compile(r"[^!-~]+")


def run_header(run: str) -> dict[str, str]:
    """Return the header for a run; nothing if there is none."""
    return {NAME: _OTHERS.sub("-", run)} if run else {}
