"""The application's password becomes another, and becomes what it was again: both are in a Secret of the run's.

No password is sent to the server, whose log may hold its statements: only what it is to be compared with.
"""

from squall.clock import SYSTEM
from squall.errors import NotUndone
from squall.platforms.stores.endpoint import NEW, OLD
from squall.platforms.stores.harm import Effect, Impossible, Order
from squall.platforms.stores.postgres.driver import GRACE, Postgres, PostgresRefused, quoted
from squall.platforms.stores.postgres.sessions import patient


class Password:
    """Changes the password of the role that the application logs in as; an order says where both are."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._role = postgres.application.user

    def before(self) -> Order:
        """Return nothing: what an undo needs is where the Secret is, which the harness knows."""
        return {}

    def begin(self, order: Order) -> Effect:
        """Try the backup by a log-in, change the password, and see that the old one lets nobody in any more."""
        about = f"changing the password of {self._role}"
        if self._role == self._postgres.endpoint.login.user:
            raise Impossible(f"{about}: it is squall's own, by which it would be set back")
        try:
            if why := self._postgres.turned_away(self._kept(order, OLD)):
                raise Impossible(f"{about}: what is kept of it is not its password: {why}")
            sent = SYSTEM.now()
            self._set(self._kept(order, NEW))
            old, new = (self._postgres.turned_away(self._kept(order, each)) for each in (OLD, NEW))
        except PostgresRefused as error:
            raise Impossible(f"{about}: {error}") from None
        tells = f"with the password before a log-in as {self._role} is {_word(old)}, with the new one {_word(new)}"
        return Effect(bool(old) and not new, tells, sent, SYSTEM.now())

    def undo(self, before: Order) -> str:
        """Set the password back if it is still ours, and log in with it. Raises NotUndone."""
        name = self._postgres.endpoint.service
        patient(self._postgres).close()
        try:
            if self._postgres.turned_away(self._kept(before, NEW)):
                if self._postgres.turned_away(self._kept(before, OLD)):
                    return f"the password of {self._role} in {name} was changed by someone else: left alone"
                return f"the password of {self._role} in {name} is what it was"
            self._set(self._kept(before, OLD))
            if why := self._postgres.turned_away(self._kept(before, OLD)):
                raise NotUndone(f"setting the password of {self._role} in {name} back: it is turned away: {why}")
        except PostgresRefused as error:
            raise NotUndone(f"setting the password of {self._role} in {name} back: {error}") from None
        return f"the password of {self._role} in {name} was set back, and lets it in"

    def _set(self, password: str) -> None:
        session = self._postgres.session(GRACE)
        try:
            session.rows(f"alter role {quoted(self._role)} password '{session.verifier(password, self._role)}'")
        finally:
            session.close()
        self._postgres.forget()

    def _kept(self, order: Order, key: str) -> str:
        return self._postgres.kept(str(order["namespace"]), str(order["secret"]), key)


def _word(turned_away: str) -> str:
    return f"refused ({turned_away})" if turned_away else "let in"
