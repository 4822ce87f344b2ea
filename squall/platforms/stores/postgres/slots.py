"""Connection slots used up: idle sessions in all that the server gives to ordinary roles."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from squall.clock import SYSTEM, Clock
from squall.errors import NotUndone
from squall.instances import Ended
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.harm import Effect, Impossible, Order, Over, seconds
from squall.platforms.stores.postgres.driver import GRACE, Postgres, PostgresRefused, PostgresSession, number
from squall.platforms.stores.postgres.sessions import await_none, close_all, lost, ours, started, sweep
from squall.waiting import poll

# More than this are not taken: a server that has more slots is not harmed by it, and this machine has other sockets.
MOST = 500
AT_ONCE = 8
LOOK_EVERY = 0.2
BACK_WITHIN = 5.0
SETTLED_WITHIN = 1.0

_SLOTS = """
select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0),
       count(*) filter (where backend_type = 'client backend')
from pg_stat_activity"""


class Slots:
    """Holds them; the reserved ones are left, and through one of those it looks at the others."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._control: PostgresSession | None = None
        self._held: list[PostgresSession] = []
        self._ends_after = 0.0
        self._most = MOST
        self._since = ""
        # The moment before the last slot was taken.
        self._taking = 0.0
        self._lost: tuple[Ended, str, float] | None = None

    def before(self) -> Order:
        """Return nothing: sessions are known by their name."""
        return {}

    def begin(self, order: Order) -> Effect:
        """Take slots until the application's role is refused one."""
        self._ends_after, self._most = seconds(order, "lasts"), number(order.get("most", MOST))
        try:
            self._control = self._postgres.session(self._ends_after)
            self._since = started(self._control)
            # Refused now, it would be no effect of ours.
            self._postgres.session(GRACE, application=True).close()
        except PostgresRefused as error:
            self._release()
            raise Impossible(f"using up the slots of {self._postgres.endpoint.service}: {error}") from None
        self._taking = SYSTEM.now()
        said = self._fill(self._control)
        limit, taken = _settled(self._control)
        held, role = len(self._held), self._postgres.application.user
        how = f"{taken} of {limit} slots are taken, {held} of them by squall (pg_stat_activity)"
        if not said:
            self._release()
            why = "it may use the reserved ones" if taken >= limit else f"squall takes no more than {self._most}"
            return Effect(False, f"{how}, and {role} is not refused: {why}", self._taking, SYSTEM.now())
        return Effect(True, f"a log-in as {role} is refused ({said}); {how}", self._taking, SYSTEM.now())

    def keep(self) -> float:
        """Take what others gave back; see that nobody took what we hold."""
        if self._control is None or self._lost is not None:
            return LOOK_EVERY
        with suppress(PostgresRefused):
            there = ours(self._control, self._postgres.tag)
            if {session.pid for session in self._held} <= there:
                self._fill(self._control)
                return LOOK_EVERY
        self._lost = (*lost(self._postgres, self._since), SYSTEM.now())
        self._release()
        return LOOK_EVERY

    def end(self) -> Over:
        """Give all back, and log in as the application's role does."""
        if self._lost is None:
            self.keep()
        if self._lost is not None:
            ended, how, seen = self._lost
            return Over(ended, how, seen - LOOK_EVERY, seen)
        sent, count = SYSTEM.now(), len(self._held)
        control, self._control = self._control, None
        self._release()
        try:
            if control is not None:
                await_none(control, self._postgres.tag)
            seen = self._back(sent)
        finally:
            if control is not None:
                control.close()
        return Over(Ended.AS_STATED, f"{count} sessions ended, and the application can log in again", sent, seen)

    def undo(self, before: Order) -> str:
        return sweep(self._postgres)

    def _fill(self, control: PostgresSession) -> str:
        """Take what is free; return the server's words to a refused log-in, or nothing if none was refused."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while True:
                limit, taken = _slots(control)
                before = SYSTEM.now()
                # One more than there are: the refusal is the proof.
                count = min(AT_ONCE, max(1, limit - taken), self._most - len(self._held))
                if count <= 0:
                    return ""
                tried: Sequence[PostgresSession | PostgresRefused] = list(pool.map(lambda _: self._try(), range(count)))
                said = [each for each in tried if isinstance(each, PostgresRefused)]
                new = [each for each in tried if isinstance(each, PostgresSession)]
                if taken >= limit and not said and _settled(control)[1] > limit:
                    # Let in with all of them taken: into the reserved ones, which are left to others.
                    close_all(new)
                    return ""
                self._held += new
                self._taking = before if new else self._taking
                if said:
                    return str(said[0]) if said[0].by_server else ""

    def _try(self) -> PostgresSession | PostgresRefused:
        try:
            return self._postgres.session(self._ends_after, application=True)
        except PostgresRefused as error:
            return error
        except StoreGone as error:
            return PostgresRefused(str(error))

    def _back(self, sent: float) -> float:
        """Return when the application's role could log in. Raises NotUndone."""
        within = max(0.0, sent + BACK_WITHIN - SYSTEM.now())
        tried = poll(self._try, within=within, every=LOOK_EVERY, done=lambda tried: isinstance(tried, PostgresSession))
        now = SYSTEM.now()
        if isinstance(tried, PostgresRefused):
            role = self._postgres.application.user
            raise NotUndone(f"giving slots back: a log-in as {role} is still refused ({tried})")
        tried.close()
        return now

    def _release(self) -> None:
        close_all(self._held)
        self._held = []
        if self._control is not None:
            self._control.close()
            self._control = None


def _settled(control: PostgresSession, clock: Clock = SYSTEM) -> tuple[int, int]:
    """Return the slots once no more are taken than there are, or as they are after a moment.

    A session that has just ended, and a log-in that was just refused, are still listed for as long as they leave.
    """
    return poll(
        lambda: _slots(control), within=SETTLED_WITHIN, every=0.02, clock=clock, done=lambda slots: slots[1] <= slots[0]
    )


def _slots(control: PostgresSession) -> tuple[int, int]:
    """Return how many slots ordinary roles have, and how many are taken."""
    limit, taken = control.one(_SLOTS)
    return number(limit), number(taken)
