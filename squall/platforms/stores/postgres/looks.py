"""What a worker reads of PostgreSQL without harming it."""

from collections.abc import Mapping

from squall.errors import Misuse
from squall.platforms.stores.postgres import sessions
from squall.platforms.stores.postgres.backup import Backup
from squall.platforms.stores.postgres.driver import GRACE, OLDEST, Postgres, number, quoted
from squall.safety.audit import OURS

_SUPER = "select rolsuper from pg_roles where rolname = current_user"
_LOGINS = """
select host(client_addr), min(extract(epoch from clock_timestamp() - backend_start)) from pg_stat_activity
where usename = %s and application_name <> %s and client_addr is not null group by client_addr"""
_TAGS = """
select pid, application_name from pg_stat_activity
where application_name like 'squall/%' and pid <> pg_backend_pid()"""


def ready(postgres: Postgres) -> str:
    """Return the server's version, if both logins work and squall's own is a superuser's. Raises Misuse."""
    name, login = postgres.endpoint.service, postgres.endpoint.login
    with postgres.looking(f"looking into {name}") as control:
        (superuser,) = control.one(_SUPER)
        postgres.session(GRACE, application=True).close()
    if not superuser:
        raise Misuse(f"{name}: {login.user} is no superuser, and may not end the sessions of others")
    if control.version < OLDEST:
        raise Misuse(f"{name}: PostgreSQL 14 or later is needed, which ends idle sessions by itself")
    return str(control.version)


def started(postgres: Postgres) -> str:
    """Return when the server started. Raises Impossible."""
    with postgres.looking(f"looking into {postgres.endpoint.service}") as control:
        return sessions.started(control)


def fields(postgres: Postgres) -> Mapping[str, str]:
    """Return what of squall is there, by a name for the audit: sessions and backups, each with its run's tag.

    Raises Impossible.
    """
    name = postgres.endpoint.service
    with postgres.looking(f"looking into {name}") as control:
        tags = control.rows(_TAGS)
        kept = Backup.of(postgres.run).there(control)
    found = {f"{OURS}session {pid} in {name}": str(tag) for pid, tag in tags}
    return {**found, **({f"{OURS}backup in {name}": postgres.tag} if kept else {})}


def logins(postgres: Postgres) -> Mapping[str, float]:
    """Return from which addresses the application is logged in, and how old its youngest session there is (s).

    Raises Impossible.
    """
    with postgres.looking(f"looking into {postgres.endpoint.service}") as control:
        rows = control.rows(_LOGINS, postgres.application.user, postgres.tag)
    return {str(address): float(str(age)) for address, age in rows}


def backlog(postgres: Postgres, queue: str) -> int:
    """Return how many rows a queue's table has; its name may have a schema before a dot. Raises Impossible."""
    table = ".".join(quoted(part) for part in postgres.endpoint.queues[queue].split("."))
    with postgres.looking(f"looking into the queue {queue} of {postgres.endpoint.service}") as control:
        return number(control.one(f"select count(*) from {table}")[0])  # noqa: S608 - quoted
