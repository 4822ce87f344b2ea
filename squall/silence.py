"""Alerts about what is done on purpose are silenced meanwhile, so that it calls nobody: Alertmanager's API, version 2.

A silence is known by who made it (``squall/RUN``) and ends by itself, should nobody be left to end it.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.system_alerts import Alertmanager
from squall.undo import Undo, undoes

SILENCE = "alertmanager.silence"
ANSWERS_WITHIN = 5.0
SILENCES = "/api/v2/silences"
# States of a silence that has not ended.
STANDING = {"active", "pending"}


class Silence:
    """The silence of a run in one Alertmanager."""

    def __init__(self, at: Alertmanager) -> None:
        self._at = at

    def check(self) -> None:
        """Raise Misuse if it does not answer as an Alertmanager does, or its token is not there."""
        try:
            _asked(self._at, "GET", "/api/v2/status")["versionInfo"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Misuse(f"the Alertmanager at {self._at.url} does not answer as one: {_reason(error)}") from error

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
            made = str(_asked(self._at, "POST", SILENCES, body)["silenceID"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise HarnessFailed(f"silencing alerts in {self._at.url}: {_reason(error)}") from error
        return f"alerts with {_labels(self._at)} are silenced in {self._at.url} for {lasts:.0f}s at the most ({made})"


@undoes(SILENCE)
def end_silence(args: Mapping[str, Any]) -> str:
    """End what the run has silenced, and read that it is over."""
    at, run = Alertmanager.model_validate({key: args[key] for key in Alertmanager.model_fields}), str(args["run"])
    try:
        ended = [str(each["id"]) for each in _standing(at, run)]
        for each in ended:
            _asked(at, "DELETE", f"/api/v2/silence/{each}")
        left = [str(each["id"]) for each in _standing(at, run)]
    except (Misuse, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NotUndone(f"ending the silence in {at.url}: {_reason(error)}; it ends by itself") from error
    if left:
        raise NotUndone(f"ending the silence in {at.url}: {', '.join(left)} is still active")
    return f"the silence {', '.join(ended)} has ended" if ended else "no alerts are silenced by this run"


def _standing(at: Alertmanager, run: str) -> Iterator[Mapping[str, Any]]:
    for each in _asked(at, "GET", SILENCES):
        if each["createdBy"] == _by(run) and each["status"]["state"] in STANDING:
            yield each


def _asked(at: Alertmanager, method: str, path: str, body: Any = None) -> Any:
    response = httpx.request(
        method, at.url.rstrip("/") + path, json=body, headers=_headers(at), timeout=ANSWERS_WITHIN, trust_env=False
    )
    response.raise_for_status()
    return response.json() if response.content else None


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


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.response.status_code} {error.response.reason_phrase}"
    if isinstance(error, KeyError | TypeError | ValueError):
        return "its answer cannot be read"
    return str(error) or type(error).__name__
