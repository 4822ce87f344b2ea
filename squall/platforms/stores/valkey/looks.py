"""What a worker reads of Valkey without harming it. Each raises Impossible when the server refuses it."""

from collections.abc import Mapping

from squall.platforms.stores.valkey.driver import MAXMEMORY, Valkey, run_id


def ready(valkey: Valkey) -> str:
    """Return the server's version, if the login works."""
    with valkey.looking(f"looking into {valkey.endpoint.service}") as connection:
        return str(connection.info("server")["redis_version"])


def started(valkey: Valkey) -> str:
    """Return what tells this server from the one before."""
    with valkey.looking(f"looking into {valkey.endpoint.service}") as connection:
        return run_id(connection)


def fields(valkey: Valkey) -> Mapping[str, str]:
    """Return the setting that harms change, for the audit."""
    name = valkey.endpoint.service
    with valkey.looking(f"looking into {name}") as connection:
        return {f"{name} {MAXMEMORY}": connection.setting(MAXMEMORY)}


def backlog(valkey: Valkey, queue: str) -> int:
    """Return the length of a queue's list; 0 if there is none."""
    with valkey.looking(f"looking into the queue {queue} of {valkey.endpoint.service}") as connection:
        return int(str(connection.ask("LLEN", valkey.endpoint.queues[queue])))
