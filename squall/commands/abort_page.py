"""``squall abort --page``: the page's own action, from wherever the page can be reached."""

import os

import click
import httpx

from squall.errors import Misuse

_WITHIN = 10.0


def abort_page(page: str, who: str, why: str) -> int:
    """Tell the page of a drill to abort it, and return the exit code.

    Raises:
        Misuse: it is not reached, or refuses; the drill goes on.
    """
    address, _, fragment = page.partition("#")
    token = fragment.removeprefix("token=") or os.environ.get("SQUALL_TOKEN") or click.prompt("token", hide_input=True)
    said = {"said": "abort", "who": who, "text": why}
    try:
        answer = httpx.post(f"{address.rstrip('/')}/say", json=said, timeout=_WITHIN, trust_env=False,
                            headers={"Authorization": f"Bearer {token}"})  # fmt: skip
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Misuse(f"aborting by {address}: it is not reached ({error}); the drill goes on") from error
    if answer.status_code != httpx.codes.OK:
        try:
            why = str(answer.json()["refused"])
        except (ValueError, LookupError, TypeError):
            why = f"HTTP {answer.status_code}"
        raise Misuse(f"aborting by {address}: refused: {why}; the drill goes on")
    click.echo("aborted; the page shows when everything is undone")
    return 0
