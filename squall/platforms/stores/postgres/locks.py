"""Tables locked, all the time or again and again: whoever reads them waits."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from squall.clock import SYSTEM
from squall.errors import NotUndone
from squall.instances import Ended
from squall.platforms.stores.harm import Effect, Impossible, Order, Over, seconds
from squall.platforms.stores.postgres.driver import (
    GRACE,
    LOCK_NOT_AVAILABLE,
    Postgres,
    PostgresRefused,
    PostgresSession,
)
from squall.platforms.stores.postgres.sessions import await_none, lost, started, sweep

LOOK_EVERY = 0.2
# How long a read is tried, to show that it waits; longer than any that nothing is in the way of.
TRIED_FOR = 0.25

_NAMES = """
select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')"""
_NAMED = f"{_NAMES} and c.oid = to_regclass(%s)"
# All that the application may read, but for what is the system's or an extension's.
_READABLE = f"""{_NAMES}
  and n.nspname !~ '^(pg_|information_schema$)'
  and has_table_privilege(%s, c.oid, 'select') and has_schema_privilege(%s, n.oid, 'usage')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by 1"""
_WAITING = """
select count(*) from pg_stat_activity
where usename = %s and wait_event_type = 'Lock' and %s = any(pg_blocking_pids(pid))"""


class Locks:
    """Holds ACCESS EXCLUSIVE locks in a transaction of its own."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._control: PostgresSession | None = None
        self._locker: PostgresSession | None = None
        self._tables: Sequence[str] = ()
        self._hold = 0.0
        self._locked = False
        self._turns = 0.0
        self._since = ""
        self._lost: tuple[Ended, str, float] | None = None

    def before(self) -> Order:
        """Return nothing: sessions are known by their name."""
        return {}

    def begin(self, order: Order) -> Effect:
        """Lock the order's ``table``, or all that the application reads; for ``hold`` seconds again and again if given.

        The effect is a read as the application's role that waits.
        """
        lasts, self._hold = seconds(order, "lasts"), seconds(order, "hold")
        try:
            self._control, self._locker = self._postgres.session(lasts), self._postgres.session(lasts)
            self._since = started(self._control)
            self._tables = self._chosen(self._control, str(order.get("table", "")))
            reader = self._postgres.session(lasts, application=True, locks_within=self._hold + TRIED_FOR)
            try:
                quick, sent = self._read(reader), SYSTEM.now()
                self._lock()
                waited = self._waited(reader, quick)
            finally:
                reader.close()
        except PostgresRefused as error:
            self._release()
            raise Impossible(f"locking tables of {self._postgres.endpoint.service}: {error}") from None
        if not waited[0]:
            self._release()
        return Effect(waited[0], waited[1], sent, SYSTEM.now())

    def look(self) -> Order:
        """Return how many of the application's sessions ``wait`` for our lock at this moment, as the server sees it."""
        if self._control is None or self._locker is None:
            return {"wait": 0}
        return {"wait": self._control.one(_WAITING, self._postgres.application.user, self._locker.pid)[0]}

    def keep(self) -> float:
        """Take the lock and give it back in turn, if so ordered; see that nobody took it from us."""
        if self._locker is None or self._lost is not None:
            return LOOK_EVERY
        try:
            if self._hold and (left := self._turns - SYSTEM.now()) > 0:
                return left
            if self._hold:
                self._unlock() if self._locked else self._lock()
                return self._hold
            self._locker.rows("select 1")
        except PostgresRefused as error:
            # A reader of others' that is slower than our patience costs a turn, and is no loss.
            if error.state != LOCK_NOT_AVAILABLE:
                self._note_lost()
        return LOOK_EVERY

    def end(self) -> Over:
        """Give the lock back, and read as the application does."""
        if self._lost is None and self._locker is not None:
            try:
                self._locker.rows("select 1")
            except PostgresRefused:
                self._note_lost()
        if self._lost is not None:
            ended, how, seen = self._lost
            return Over(ended, how, seen - LOOK_EVERY, seen)
        sent, control = SYSTEM.now(), self._control
        self._control = None
        self._release()
        try:
            if control is not None:
                await_none(control, self._postgres.tag)
            reader = self._postgres.session(GRACE, application=True)
            took = self._read(reader)
            reader.close()
        except PostgresRefused as error:
            raise NotUndone(f"unlocking tables of {self._postgres.endpoint.service}: {error}") from None
        finally:
            if control is not None:
                control.close()
        how = f"the lock is given back, and a read as {self._postgres.application.user} takes {took * 1000:.1f} ms"
        return Over(Ended.AS_STATED, how, sent, SYSTEM.now())

    def undo(self, before: Order) -> str:
        """End all sessions of the run, and their locks with them."""
        return sweep(self._postgres)

    def _chosen(self, control: PostgresSession, table: str) -> Sequence[str]:
        role = self._postgres.application.user
        rows = control.rows(_NAMED, table) if table else control.rows(_READABLE, role, role)
        if not rows:
            what = f'there is no table "{table}"' if table else f"{role} may read no table"
            raise Impossible(f"locking tables of {self._postgres.endpoint.service}: {what}")
        return [str(name) for (name,) in rows]

    def _lock(self) -> None:
        if self._locker is not None:
            self._locker.rows("begin")
            try:
                self._locker.rows(f"lock table {', '.join(self._tables)} in access exclusive mode")
            except PostgresRefused:
                with suppress(PostgresRefused):
                    self._locker.rows("rollback")
                raise
            self._locked, self._turns = True, SYSTEM.now() + self._hold

    def _unlock(self) -> None:
        if self._locker is not None:
            self._locker.rows("rollback")
            self._locked, self._turns = False, SYSTEM.now() + self._hold

    def _waited(self, reader: PostgresSession, quick: float) -> tuple[bool, str]:
        """Say whether a read as the application's role waits, and how long it took while nothing was in its way."""
        role, table = self._postgres.application.user, self._tables[0]
        usual = f"{quick * 1000:.1f} ms before"
        if self._hold:
            with ThreadPoolExecutor(1) as pool:
                reading: Future[float] = pool.submit(self._read, reader)
                SYSTEM.sleep(max(0.0, self._turns - SYSTEM.now()))
                self._unlock()
                took = reading.result()
            how = f"a read of {table} as {role} took {took * 1000:.1f} ms ({usual})"
            return took > max(self._hold / 2, quick), how
        try:
            took = self._read(reader)
        except PostgresRefused as error:
            if error.state != LOCK_NOT_AVAILABLE:
                raise
            how = f"a read of {table} as {role} waits for the lock, longer than {TRIED_FOR * 1000:.0f} ms ({usual})"
            return True, f"{how}; {self.look()['wait']} of its sessions wait (pg_blocking_pids)"
        return False, f"a read of {table} as {role} took {took * 1000:.1f} ms ({usual})"

    def _read(self, reader: PostgresSession) -> float:
        """Read one row and return how long that took (s)."""
        began = SYSTEM.now()
        reader.rows(f"select 1 from {self._tables[0]} limit 1")  # noqa: S608 - the server wrote the name
        return SYSTEM.now() - began

    def _note_lost(self) -> None:
        self._lost = (*lost(self._postgres, self._since), SYSTEM.now())
        self._release()

    def _release(self) -> None:
        for session in (self._locker, self._control):
            if session is not None:
                session.close()
        self._locker = self._control = None
        self._locked = False
