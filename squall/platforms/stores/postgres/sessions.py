"""The sessions of a run in a database: which there are, and their end, from any process."""

from collections.abc import Sequence

from squall.errors import NotUndone
from squall.instances import Ended
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.postgres.driver import (
    GRACE,
    Postgres,
    PostgresRefused,
    PostgresSession,
    number,
)
from squall.waiting import until

# As long as no slot is free, nobody can look: what holds them is ended by the server itself within a harm's length.
LOGGED_IN_WITHIN = 30.0
ENDED_WITHIN = 5.0
LOOK_EVERY = 0.05

_OURS = "select pid from pg_stat_activity where application_name = %s and pid <> pg_backend_pid()"
_END = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s and pid <> pg_backend_pid()"


def ours(control: PostgresSession, tag: str) -> frozenset[int]:
    """Return the numbers of the run's sessions, but for the one that asks."""
    return frozenset(number(pid) for (pid,) in control.rows(_OURS, tag))


def started(control: PostgresSession) -> str:
    """Return when the server started."""
    return str(control.one("select pg_postmaster_start_time()")[0])


def sweep(postgres: Postgres) -> str:
    """End all sessions of the run, and read that none is left. Raises NotUndone."""
    control = patient(postgres)
    try:
        count = len(control.rows(_END, postgres.tag))
        await_none(control, postgres.tag)
    except PostgresRefused as error:
        raise NotUndone(f"ending our sessions in {postgres.endpoint.service}: {error}") from None
    finally:
        control.close()
    return f"{count} sessions of the run ended, none is left in {postgres.endpoint.service} (pg_stat_activity)"


def patient(postgres: Postgres) -> PostgresSession:
    """Return a session, waited for if the server has none to give or is not there. Raises NotUndone."""
    return until(
        f"looking into {postgres.endpoint.service}",
        lambda: postgres.session(GRACE),
        within=LOGGED_IN_WITHIN,
        every=LOOK_EVERY,
        done=lambda session: True,
        passing=(PostgresRefused,),
        error=NotUndone,
    )


def await_none(control: PostgresSession, tag: str) -> None:
    """Return once none of the run's sessions is left. Raises NotUndone."""
    until(
        "ending our sessions",
        lambda: ours(control, tag),
        within=ENDED_WITHIN,
        every=LOOK_EVERY,
        done=lambda left: not left,
        state=lambda left: f"still active: {', '.join(map(str, sorted(left)))}",
        error=NotUndone,
    )


def lost(postgres: Postgres, since: str) -> tuple[Ended, str]:
    """Say how sessions came to be lost of a server that had ``since`` as its start."""
    try:
        control = postgres.session(GRACE)
    except (PostgresRefused, StoreGone) as error:
        return Ended.TARGET_GONE, f"{postgres.endpoint.service} was gone before the end ({error})"
    try:
        now = started(control)
    finally:
        control.close()
    if now != since:
        return Ended.TARGET_GONE, f"{postgres.endpoint.service} was started anew before the end, at {now}"
    return Ended.BY_OTHERS, "someone else ended our sessions before the end"


def close_all(sessions: Sequence[PostgresSession]) -> None:
    """End them."""
    for session in sessions:
        session.close()
