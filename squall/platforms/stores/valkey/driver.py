"""Valkey (or Redis) as harms see it: connections that bear the run's name. The only module that imports redis.

What goes wrong is said in the server's words, never with a login.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import redis
from pydantic import JsonValue as Json
from redis.backoff import NoBackoff
from redis.retry import Retry

from squall.errors import HarnessFailed, SquallError
from squall.platforms.stores.connection import HOST, StoreConnection
from squall.platforms.stores.endpoint import StoreEndpoint, tag
from squall.platforms.stores.harm import Impossible

CONNECTED_WITHIN = 5.0
ANSWERED_WITHIN = 5.0
MAXMEMORY = "maxmemory"


class ValkeyRefused(SquallError):
    """The server said no, or was not there."""


class TooLate(ValkeyRefused):
    """The server did not answer in time."""


class ValkeyConnection:
    """One connection."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def ask(self, *words: str | float) -> Json:
        """Return the answer to a command. Raises ValkeyRefused."""
        try:
            answer: Json = self._client.execute_command(*words)  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            raise _refused(error) from None
        return answer

    def together(self, *commands: Sequence[str]) -> Sequence[Json]:
        """Return the answers to commands, with nothing of others' in between. Raises ValkeyRefused."""
        pipeline = self._client.pipeline(transaction=True)
        for words in commands:
            pipeline.execute_command(*words)  # type: ignore[no-untyped-call]
        try:
            return list(pipeline.execute())
        except redis.RedisError as error:
            raise _refused(error) from None

    def info(self, section: str) -> Mapping[str, Json]:
        """Return what the server says of itself."""
        said = self.ask("INFO", section)
        return said if isinstance(said, dict) else {}

    def setting(self, name: str) -> str:
        """Return a parameter of the server's configuration."""
        said = self.ask("CONFIG", "GET", name)
        if not isinstance(said, dict) or name not in said:
            raise ValkeyRefused(f"the server has no setting {name}")
        return str(said[name])

    def close(self) -> None:
        self._client.close()


class Valkey:
    """The server behind an endpoint, for one run."""

    def __init__(self, connection: StoreConnection, endpoint: StoreEndpoint, run: str) -> None:
        self._connection, self.endpoint, self.run, self.tag = connection, endpoint, run, tag(run)

    def connection(self, answers_within: float = ANSWERED_WITHIN) -> ValkeyConnection:
        """Connect and log in. Raises ValkeyRefused."""
        login = self.endpoint.login
        try:
            client = redis.Redis(
                host=HOST, port=self._connection.port(),
                username=login.user or None, password=self._connection.password(login),
                socket_timeout=answers_within, socket_connect_timeout=CONNECTED_WITHIN, decode_responses=True,
                client_name=self.tag.replace(" ", "-"), retry=Retry(NoBackoff(), 0), single_connection_client=True,
            )  # fmt: skip
        except redis.RedisError as error:
            raise _refused(error) from None
        except HarnessFailed as error:
            raise ValkeyRefused(str(error)) from None
        return ValkeyConnection(client)

    @contextmanager
    def looking(self, doing: str, error: type[SquallError] = Impossible) -> Iterator[ValkeyConnection]:
        """Connect for the block; what is refused in it raises ``error`` as "doing: why"."""
        try:
            connection = self.connection()
            try:
                yield connection
            finally:
                connection.close()
        except ValkeyRefused as refusal:
            raise error(f"{doing}: {refusal}") from None


def run_id(connection: ValkeyConnection) -> str:
    """Return what tells a server from the one that is started in its place."""
    return str(connection.info("server")["run_id"])


def _refused(error: redis.RedisError) -> ValkeyRefused:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return TooLate(said) if isinstance(error, redis.TimeoutError) else ValkeyRefused(said)
