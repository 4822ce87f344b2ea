"""The configuration, read once from ``SPECIMEN_*`` of the environment. Nothing else in here reads the environment."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Self, get_args, get_origin, get_type_hints

__all__ = ["BadSettings", "Settings"]

PREFIX = "SPECIMEN_"
# What each role cannot be without.
NEEDED: Mapping[str, Sequence[str]] = {
    "rerank": ("database_url",),
    "gateway": ("optimizer_url", "recovery_url", "security_url"),
    "optimizer": ("database_url", "cache_url"),
    "recovery": ("external_url",),
    "external": (),
    "security": ("database_url",),
    "monitoring": ("scraped",),
    "registry": ("database_url",),
    "edge": ("registry_url",),
}
WORDS: Mapping[str, Sequence[str]] = {
    "role": tuple(NEEDED),
    "warm_up_at": ("start", "first-request"),
    "audit": ("before", "after"),
}


class BadSettings(Exception):
    """The environment cannot be meant; one line says which variable and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the application is and where its neighbours are. The variable of ``port`` is ``SPECIMEN_PORT``."""

    instance: str
    # What it is: one of specimen.roles, or the API that reranks.
    role: str = "rerank"
    database_url: str = ""
    database_password: str = field(default="", repr=False)
    cache_url: str | None = None
    cache_password: str = field(default="", repr=False)
    host: str = "0.0.0.0"  # noqa: S104 - it is reached from other machines
    port: int = 8080
    # At most so many connections of each instance: the database's slots are shared by all of them.
    database_connections: int = 5
    # How long a request waits for a connection, and for an answer on it.
    database_timeout_seconds: float = 1.0
    # A connection that is older is replaced by a new one.
    database_keep_seconds: float = 3600.0
    cache_keep_seconds: float = 60.0
    # A cache that is slower than this is not worth its wait.
    cache_timeout_seconds: float = 0.1
    # A cache that failed is left alone for so long.
    cache_rest_seconds: float = 1.0
    # How many images' findings are kept before anybody asks for them; 0: none.
    prefetched_images: int = 0
    # Where neighbours are, and how long one of them is waited for.
    optimizer_url: str = ""
    recovery_url: str = ""
    security_url: str = ""
    external_url: str = ""
    registry_url: str = ""
    neighbour_timeout_seconds: float = 0.4
    # Files: whom it believes to be its neighbours, and what it shows itself. Without them nothing is encrypted.
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    # An external service that failed so often in a row is left alone for so long.
    breaker_failures: int = 5
    breaker_rest_seconds: float = 3.0
    # Whose metrics are gathered (host:port; each of the host's addresses), and how often; and of which paths.
    scraped: str = ""
    scrape_seconds: float = 1.0
    monitored: str = "/v1/"
    # How often the registry brings out a model, and how often it is asked for one.
    publish_seconds: float = 10.0
    poll_seconds: float = 1.0
    # How long the model takes until it can answer.
    warm_up_seconds: float = 0.0
    # How long a stopping instance goes on answering, for all who send to it to notice that it is not ready any more.
    drain_seconds: float = 0.0
    # A weakness: the share of answers of the API that are errors, 0 to 1.
    error_share: float = 0.0
    # A weakness: how long a comparison waits before it is begun.
    similarity_pause_seconds: float = 0.0
    # A weakness: the model is loaded when the first request comes ("first-request"), not at the start.
    warm_up_at: str = "start"
    # A weakness: this file says that an instance runs, and one that finds it does not start. Nobody removes it.
    lock_file: str = ""
    # A weakness: an answer does not wait until it is in the audit trail ("after").
    audit: str = "before"
    # A weakness: a registry that failed so often in a row is not asked any more; 0: it always is.
    poll_failures: int = 0

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read them.

        Raises:
            BadSettings: a variable is unknown, missing or of no meaning.
        """
        given = {key: text for key, text in environment.items() if key.startswith(PREFIX)}
        known = {_variable(each): each for each in fields(cls)}
        if unknown := sorted(given.keys() - known.keys()):
            raise BadSettings(f"{unknown[0]}: there is no such setting (known: {', '.join(sorted(known))})")
        missing = [key for key, each in known.items() if each.default is MISSING and not given.get(key)]
        if missing:
            raise BadSettings(f"{missing[0]}: is not set")
        hints = get_type_hints(cls)
        values: dict[str, Any] = {
            known[key].name: _value(key, text, hints[known[key].name]) for key, text in given.items()
        }
        return cls(**values)

    def __post_init__(self) -> None:
        if not 0 <= self.error_share <= 1:
            raise BadSettings(f"{PREFIX}ERROR_SHARE: {self.error_share} is not a share from 0 to 1")
        for each in fields(self):
            # Written so that NaN is refused too.
            if each.type is float and not getattr(self, each.name) >= 0:
                raise BadSettings(f"{_variable(each)}: is not 0 or more")
        if self.database_connections < 1:
            raise BadSettings(f"{PREFIX}DATABASE_CONNECTIONS: at least 1 is needed")
        for name in NEEDED.get(self.role, ()):
            if not getattr(self, name):
                raise BadSettings(f"{PREFIX}{name.upper()}: is not set, and the role {self.role} needs it")
        for name, words in WORDS.items():
            if getattr(self, name) not in words:
                raise BadSettings(f'{PREFIX}{name.upper()}: "{getattr(self, name)}" is none of {", ".join(words)}')


def _variable(each: "Field[Any]") -> str:
    return PREFIX + each.name.upper()


def _value(key: str, text: str, hint: object) -> object:
    kind = get_args(hint)[0] if get_origin(hint) is types.UnionType else hint
    try:
        return {int: int, float: float, str: str}[kind](text)  # type: ignore[index]
    except ValueError:
        raise BadSettings(f'{key}: "{text}" is not {"a whole number" if kind is int else "a number"}') from None
