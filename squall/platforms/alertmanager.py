"""Alerts about what is done on purpose are silenced meanwhile, so that it calls nobody: Alertmanager's API, version 2.

A silence is known by who made it (``squall/RUN``) and ends by itself, should nobody be left to end it.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import ConfigDict

from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.safety.arguments import Arguments, RunName
from squall.safety.undo_log import Undo, undoes
from squall.system.alerts import Alertmanager
from squall.system.system import systems_here

SILENCE = "alertmanager.silence"
ANSWERS_WITHIN = 5.0
SILENCES = "/api/v2/silences"
# States of a silence that has not ended.
STANDING = {"active", "pending"}

# Method, path in its API, body (None: none); returns the answer.
Ask = Callable[..., Any]


class Unanswered(Exception):
    """What was asked did not answer as an Alertmanager does."""


class AlertSilence:
    """The silence of a run in one Alertmanager."""

    def __init__(self, at: Alertmanager) -> None:
        self._at = at

    def check(self) -> None:
        """Raise Misuse if it does not answer as an Alertmanager does, or its token is not there."""
        try:
            with _asking(self._at) as ask:
                ask("GET", "/api/v2/status")["versionInfo"]
        except Unanswered as error:
            raise Misuse(f"the Alertmanager at {self._at.url} does not answer as one: {error}") from error

    def undo(self, run: str) -> Sequence[Undo]:
        """Return how it is ended, from any process."""
        args = {**self._at.model_dump(), "run": run}
        return [Undo(SILENCE, f"the silence of alerts with {_labels(self._at)} in {self._at.url}", args)]

    def begin(self, run: str, what: str, lasts: float) -> str:
        """Silence for ``lasts`` seconds at the most, and return what to say of it. Raises HarnessFailed."""
        now = datetime.now(UTC)
        body = {
            "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True}
                         for name, value in self._at.labels.items()],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(seconds=lasts)).isoformat(),
            "createdBy": _by(run),
            "comment": f"{what}, on purpose. To end it: squall undo",
        }  # fmt: skip
        try:
            with _asking(self._at) as ask:
                made = str(ask("POST", SILENCES, body)["silenceID"])
        except Unanswered as error:
            raise HarnessFailed(f"silencing alerts in {self._at.url}: {error}") from error
        return f"alerts with {_labels(self._at)} are silenced in {self._at.url} for {lasts:.0f}s at the most ({made})"


class SilenceArguments(Arguments, Alertmanager):
    """The Alertmanager of a system file, and whose silence ends."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")
    run: RunName

    def refuse_foreign(self) -> None:
        """Send no variable, and connect to nothing, that no system file of this project names."""
        said = Alertmanager(url=self.url, labels=self.labels, variable=self.variable)
        known = [each.alertmanager for system in systems_here() for each in system.platforms.sections().values()]
        if said not in known:
            with_variable = f" with the variable {self.variable}" if self.variable else ""
            raise ValueError(f"no scenarios/*/system.yaml here names the Alertmanager {self.url}{with_variable}")


@undoes(SILENCE, SilenceArguments)
def end_silence(args: Mapping[str, Any]) -> str:
    """End what the run has silenced, and read that it is over."""
    at, run = Alertmanager.model_validate({key: args[key] for key in Alertmanager.model_fields}), str(args["run"])
    try:
        with _asking(at) as ask:
            ended = _standing(ask, run)
            for each in ended:
                ask("DELETE", f"/api/v2/silence/{each}")
            left = _standing(ask, run)
    except (Misuse, Unanswered) as error:
        raise NotUndone(f"ending the silence in {at.url}: {error}; it ends by itself") from error
    if left:
        raise NotUndone(f"ending the silence in {at.url}: {', '.join(left)} is still active")
    return f"the silence {', '.join(ended)} has ended" if ended else "no alerts are silenced by this run"


def _standing(ask: Ask, run: str) -> list[str]:
    ours = [each for each in ask("GET", SILENCES) if each["createdBy"] == _by(run)]
    return [str(each["id"]) for each in ours if each["status"]["state"] in STANDING]


@contextmanager
def _asking(at: Alertmanager) -> Iterator[Ask]:
    """Yield how it is asked; what goes wrong in the block, the reading of an answer too, raises Unanswered."""
    # It takes a sixth of a second, and whoever undoes imports this module: only who names an Alertmanager waits for it.
    import httpx

    with httpx.Client(headers=_headers(at), timeout=ANSWERS_WITHIN, trust_env=False) as client:

        def ask(method: str, path: str, body: Any = None) -> Any:
            response = client.request(method, at.url.rstrip("/") + path, json=body)
            response.raise_for_status()
            return response.json() if response.content else None

        try:
            yield ask
        except httpx.HTTPStatusError as error:
            raise Unanswered(f"{error.response.status_code} {error.response.reason_phrase}") from error
        except httpx.HTTPError as error:
            raise Unanswered(str(error) or type(error).__name__) from error
        except (KeyError, TypeError, ValueError) as error:
            raise Unanswered("its answer cannot be read") from error


def _headers(at: Alertmanager) -> Mapping[str, str]:
    if at.variable is None:
        return {}
    if not (token := os.environ.get(at.variable, "")):
        raise Misuse(f"the Alertmanager at {at.url}: its token should be in the environment as {at.variable}")
    return {"Authorization": f"Bearer {token}"}


def _labels(at: Alertmanager) -> str:
    return ", ".join(f'{name}="{value}"' for name, value in at.labels.items())


def _by(run: str) -> str:
    return f"squall/{run}"
