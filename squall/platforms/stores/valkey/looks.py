"""What a worker reads of Valkey without harming it."""

from collections.abc import Mapping

from squall.platforms.stores.harm import Impossible
from squall.platforms.stores.valkey.driver import MAXMEMORY, Valkey, ValkeyRefused, run_id


def ready(valkey: Valkey) -> str:
    """Return the server's version, if the login works. Raises Impossible."""
    try:
        connection = valkey.connection()
        try:
            return str(connection.info("server")["redis_version"])
        finally:
            connection.close()
    except ValkeyRefused as error:
        raise Impossible(f"looking into {valkey.endpoint.service}: {error}") from None


def started(valkey: Valkey) -> str:
    """Return what tells this server from the one before. Raises Impossible."""
    try:
        connection = valkey.connection()
        try:
            return run_id(connection)
        finally:
            connection.close()
    except ValkeyRefused as error:
        raise Impossible(f"looking into {valkey.endpoint.service}: {error}") from None


def fields(valkey: Valkey) -> Mapping[str, str]:
    """Return the setting that harms change, for the audit, if it may be read."""
    name = f"{valkey.endpoint.service} {MAXMEMORY}"
    try:
        connection = valkey.connection()
        try:
            return {name: connection.setting(MAXMEMORY)}
        finally:
            connection.close()
    except ValkeyRefused:
        return {}


def backlog(valkey: Valkey, queue: str) -> int:
    """Return the length of a queue's list; 0 if there is none. Raises Impossible."""
    try:
        connection = valkey.connection()
        try:
            return int(str(connection.ask("LLEN", valkey.endpoint.queues[queue])))
        finally:
            connection.close()
    except ValkeyRefused as error:
        raise Impossible(f"looking into the queue {queue} of {valkey.endpoint.service}: {error}") from None
