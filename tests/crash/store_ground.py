"""A store as an audit sees it: what squall may have left there, and whether its application still gets on with it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing

import psycopg
import redis

from squall.platforms.stores.connection import HOST, StoreConnection
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.system.stores import Login

ANSWERS_WITHIN = 2
KEYS = 200
_SESSIONS = "select count(*) from pg_stat_activity where application_name like 'squall/%'"
_SCHEMAS = "select count(*) from pg_namespace where nspname like 'squall%'"
_ROWS = "select count(*), sum(hashtextextended(t::text, 0)::numeric) from document t"


def looked_into(endpoint: StoreEndpoint) -> Iterator[tuple[str, str]]:
    """Yield what is to be read there, by name; a store that does not answer says why."""
    read = _postgres if endpoint.kind == "postgres" else _valkey
    with closing(StoreConnection(endpoint, os.environ)) as connection:
        for field, value in read(connection, endpoint).items():
            yield f"{field} of {endpoint.service}", value


def fill(endpoint: StoreEndpoint) -> None:
    """Give a cache keys that it can lose."""
    with (
        closing(StoreConnection(endpoint, os.environ)) as connection,
        redis.Redis(HOST, connection.port(), password=connection.password(endpoint.login)) as to,
    ):
        to.mset({f"key {number}": "x" * 1000 for number in range(KEYS)})


def _postgres(connection: StoreConnection, endpoint: StoreEndpoint) -> Mapping[str, str]:
    """Read as squall what is left of it, and as the application what that can read and whether it waits."""
    try:
        with _session(connection, endpoint, endpoint.login) as control:
            sessions, schemas = control.execute(_SESSIONS).fetchone(), control.execute(_SCHEMAS).fetchone()
        with _session(connection, endpoint, endpoint.application or endpoint.login) as reader:
            reader.execute("select set_config('statement_timeout', %s, false)", [str(1000 * ANSWERS_WITHIN)])
            rows = reader.execute(_ROWS).fetchone()
    except psycopg.Error as error:
        return {"answer": str(error).strip()}
    return {"answer": "", "sessions of squall": str(sessions), "schemas of squall": str(schemas), "rows": str(rows)}


def _session(
    connection: StoreConnection, endpoint: StoreEndpoint, login: Login
) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host=HOST, port=connection.port(), dbname=endpoint.database,
        user=login.user, password=connection.password(login),
        connect_timeout=ANSWERS_WITHIN,
    )  # fmt: skip


def _valkey(connection: StoreConnection, endpoint: StoreEndpoint) -> Mapping[str, str]:
    try:
        with redis.Redis(
            HOST,
            connection.port(),
            password=connection.password(endpoint.login),
            socket_timeout=ANSWERS_WITHIN,
            decode_responses=True,
        ) as client:
            limit = client.config_get("maxmemory")
            keys = sorted(client.scan_iter(match="squall/*"))
    except redis.RedisError as error:
        return {"answer": str(error)}
    return {"answer": "", "limit": str(limit), "keys of squall": str(keys)}
