"""Waiting until a system that was just started is up: what is still missing is said once, and why at the deadline.

What can be missing is each platform's own, but for the users' answers.
"""

from collections.abc import Callable
from http import HTTPStatus

from squall.clock import Clock
from squall.platforms.capability import Tell
from squall.platforms.http import status
from squall.waiting import until

# Answers in a row that show that users are served, and not once by chance.
ANSWERS = 3
ANSWER_WITHIN = 2.0


def await_complete(
    doing: str, missing: Callable[[], str], tell: Tell, deadline: float, every: float, clock: Clock
) -> None:
    """Wait until ``missing`` has nothing to say.

    Raises:
        HarnessFailed: it has at the deadline; with all that it says.
    """
    heard = [""]

    def hear(said: str) -> None:
        if (kind := _kind(said)) != heard[-1]:
            heard.append(kind)
            tell(f"waiting: {said.splitlines()[0]}")

    within = max(0.0, deadline - clock.now())
    until(doing, missing, within=within, every=every, clock=clock, done=lambda said: not said, undone=hear)


def unserved(url: str) -> str:
    """Say how users are answered if not well several times in a row; nothing: they are served."""
    for _ in range(ANSWERS):
        if (said := status(url, ANSWER_WITHIN)) != str(HTTPStatus.OK.value):
            return f"{url} answers {said}"
    return ""


def _kind(text: str) -> str:
    """Return what tells one wait from another: its first line, without what is in brackets, which changes meanwhile."""
    return text.partition("\n")[0].partition(" (")[0]
