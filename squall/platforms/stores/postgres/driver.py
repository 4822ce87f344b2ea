"""PostgreSQL as harms see it: sessions that bear the run's name and that the server itself ends in the last resort.

The only module that imports psycopg. What goes wrong is said in the server's words and its code, never with a login.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg
from pydantic import JsonValue as Json

from squall.errors import HarnessFailed, SquallError
from squall.platforms.stores.connection import HOST, StoreConnection
from squall.platforms.stores.endpoint import StoreEndpoint, tag
from squall.platforms.stores.harm import Impossible
from squall.system.stores import Login

CONNECTED_WITHIN = 5
# How much longer than its harm a session may be idle before the server ends it, in seconds.
GRACE = 10.0
ANSWERED_WITHIN = 10.0
LOCKED_WITHIN = 5.0
# Older ones do not end idle sessions by themselves.
OLDEST = 140000
LOCK_NOT_AVAILABLE = "55P03"

Row = tuple[Json, ...]


class PostgresRefused(SquallError):
    """The server said no, or was not there.

    ``state`` is its SQLSTATE ("" for a log-in: libpq does not tell); ``by_server`` says that it was the server's word.
    """

    def __init__(self, text: str, state: str = "", by_server: bool = False) -> None:
        super().__init__(text)
        self.state, self.by_server = state, by_server


class PostgresSession:
    """One session, in autocommit mode."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection
        self.pid = connection.info.backend_pid
        self.version = connection.info.server_version

    def rows(self, query: str, *values: object) -> Sequence[Row]:
        """Return the rows of a query, or none of a command. Raises PostgresRefused."""
        try:
            cursor = self._connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else ()
        except psycopg.Error as error:
            raise refused(error) from None

    def one(self, query: str, *values: object) -> Row:
        """Return the only row of a query."""
        (row,) = self.rows(query, *values)
        return row

    def verifier(self, password: str, role: str) -> str:
        """Return what the server keeps of a password, made on this side. Raises PostgresRefused."""
        try:
            made = self._connection.pgconn.encrypt_password(password.encode(), role.encode(), None)
        except psycopg.Error as error:
            raise refused(error) from None
        return made.decode().replace("'", "''")

    def close(self) -> None:
        with suppress(psycopg.Error):
            self._connection.close()


class Postgres:
    """The server behind an endpoint, for one run."""

    def __init__(self, connection: StoreConnection, endpoint: StoreEndpoint, run: str) -> None:
        self._connection, self.endpoint, self.run, self.tag = connection, endpoint, run, tag(run)

    def session(self, ends_after: float, application: bool = False, answers_within: float = ANSWERED_WITHIN,
                locks_within: float = LOCKED_WITHIN) -> PostgresSession:  # fmt: skip
        """Log in: as squall's own role, or as the application's.

        The server ends the session once it has been idle, also in a transaction, for ``ends_after`` seconds and some
        more. Raises PostgresRefused.
        """
        login = self.application if application else self.endpoint.login
        return self._logged_in(login.user, self._connection.password(login), ends_after, answers_within, locks_within)

    @contextmanager
    def looking(self, doing: str, error: type[SquallError] = Impossible) -> Iterator[PostgresSession]:
        """Log in as squall's own role for the block; what is refused in it raises ``error`` as "doing: why"."""
        try:
            session = self.session(GRACE)
            try:
                yield session
            finally:
                session.close()
        except PostgresRefused as refusal:
            raise error(f"{doing}: {refusal}") from None

    def turned_away(self, password: str) -> str:
        """Say in what words the server refuses the application with a password; empty: it lets it in.

        Raises PostgresRefused if the server gives no word.
        """
        try:
            self._logged_in(self.application.user, password, GRACE, ANSWERED_WITHIN, LOCKED_WITHIN).close()
        except PostgresRefused as error:
            if not error.by_server:
                raise
            return str(error)
        return ""

    def forget(self) -> None:
        """Read the application's password anew when it next logs in."""
        self._connection.forget(self.application)

    def kept(self, namespace: str, secret: str, key: str) -> str:
        """Return what a Secret of the cluster holds under a key. Raises Misuse, HarnessFailed."""
        return self._connection.held(namespace, secret, key)

    def _logged_in(self, user: str, password: str | None, ends_after: float, answers_within: float,
                   locks_within: float) -> PostgresSession:  # fmt: skip
        limits = {
            "idle_session_timeout": ends_after + GRACE,
            "idle_in_transaction_session_timeout": ends_after + GRACE,
            "statement_timeout": answers_within,
            "lock_timeout": locks_within,
        }
        try:
            return PostgresSession(psycopg.connect(
                host=HOST, port=self._connection.port(), dbname=self.endpoint.database, user=user or None,
                password=password, connect_timeout=CONNECTED_WITHIN, autocommit=True,
                application_name=self.tag, prepare_threshold=None,
                options=" ".join(f"-c {name}={int(limit * 1000)}" for name, limit in limits.items()),
            ))  # fmt: skip
        except psycopg.Error as error:
            raise refused(error) from None
        except HarnessFailed as error:
            raise PostgresRefused(str(error)) from None

    @property
    def application(self) -> Login:
        """The application's login; squall's own if nobody said another."""
        return self.endpoint.application or self.endpoint.login


def refused(error: psycopg.Error) -> PostgresRefused:
    """Return what the server said, in one line: without details, which hold values of rows."""
    said = error.diag.message_primary or (str(error).strip().splitlines() or [type(error).__name__])[0]
    _, fatal, words = said.rpartition("FATAL:")
    return PostgresRefused(words.strip(), error.sqlstate or "", bool(fatal or error.sqlstate))


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def number(value: Json) -> int:
    """Return a whole number of a row."""
    if isinstance(value, int | float | str):
        return int(value)
    raise TypeError(f"{value!r} is not a number")
