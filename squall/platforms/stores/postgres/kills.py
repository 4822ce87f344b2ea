"""The application's connections killed: the server ends the sessions of its role."""

from squall.clock import SYSTEM
from squall.platforms.stores.harm import Effect, Order
from squall.platforms.stores.postgres.driver import Postgres, PostgresSession, number
from squall.waiting import poll

GONE_WITHIN = 5.0
LOOK_EVERY = 0.02

# A pid that passed to another session is known by its start.
_THERE = """
select pid, backend_start::text from pg_stat_activity
where usename = %s and backend_type = 'client backend' and application_name <> %s and pid <> pg_backend_pid()"""


class Kills:
    """Ends every session that the application's role has at that moment."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def before(self) -> Order:
        """Return nothing: there is nothing to undo."""
        return {}

    def begin(self, order: Order) -> Effect:
        """End them, and wait until the server no longer lists them."""
        with self._postgres.looking(f"killing connections to {self._postgres.endpoint.service}") as control:
            return self._kill(control)

    def undo(self, before: Order) -> str:
        """Return why there is nothing to do."""
        return "connections are killed in an instant: nothing is left active"

    def _kill(self, control: PostgresSession) -> Effect:
        role, before = self._postgres.application.user, self._sessions(control)
        sent = SYSTEM.now()
        for number_, _ in before:
            control.rows("select pg_terminate_backend(%s)", number_)
        left = poll(
            lambda: before & self._sessions(control), within=GONE_WITHIN, every=LOOK_EVERY, done=lambda left: not left
        )
        if not before:
            return Effect(False, f"{role} had no session to be killed (pg_stat_activity)", sent, SYSTEM.now())
        gone = f"{len(before) - len(left)} of the {len(before)} sessions of {role} are gone (pg_stat_activity)"
        return Effect(not left, gone, sent, SYSTEM.now())

    def _sessions(self, control: PostgresSession) -> frozenset[tuple[int, str]]:
        rows = control.rows(_THERE, self._postgres.application.user, self._postgres.tag)
        return frozenset((number(pid), str(began)) for pid, began in rows)
