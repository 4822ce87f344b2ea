"""All data of a database lost, and restored from a backup that was made and tried before."""

from squall.clock import SYSTEM
from squall.errors import NotUndone
from squall.instances import Ended
from squall.platforms.stores.harm import Effect, Impossible, Order, Over, seconds
from squall.platforms.stores.postgres.backup import Backup, Sums
from squall.platforms.stores.postgres.driver import GRACE, Postgres, PostgresRefused, PostgresSession
from squall.platforms.stores.postgres.sessions import patient, sweep

LOOK_EVERY = 1.0
# Copies of up to 1 GiB take their time.
COPIED_WITHIN = 120.0


class Loss:
    """Empties all tables of the application; their form, and what is not rows, stays."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._backup = Backup.of(postgres.run)
        self._stands = False

    def before(self) -> Order:
        """Return nothing: the backup is found by the run's name."""
        return {}

    def begin(self, order: Order) -> Effect:
        """Make the backup, try it, empty the tables."""
        if not self._postgres.endpoint.disposable:
            raise Impossible(f"{self._postgres.endpoint.service} is not marked disposable")
        about = f"losing the data of {self._postgres.endpoint.service}"
        try:
            session = self._session(seconds(order, "lasts"))
        except PostgresRefused as error:
            raise Impossible(f"{about}: {error}") from None
        began: list[float] = []
        try:
            before, after = self._backup.lose(session, lambda: began.append(SYSTEM.now()))
        except (PostgresRefused, Impossible) as error:
            # The transaction is not over, and ends with the session: nothing of it is left.
            raise Impossible(f"{about}: {error}") from None
        finally:
            session.close()
        self._stands = True
        counts = f"{_rows(before)} rows in {len(before)} tables, then {_rows(after)}"
        how = f"{counts}; their backup was restored once before"
        return Effect(bool(_rows(before)) and not _rows(after), how, began[0], SYSTEM.now())

    def keep(self) -> float:
        """Do nothing: what is lost stays lost."""
        return LOOK_EVERY

    def end(self) -> Over:
        if not self._stands:
            raise NotUndone("restoring: nothing was lost")
        sent = SYSTEM.now()
        proof = self.undo({})
        self._stands = False
        return Over(Ended.AS_STATED, proof, sent, SYSTEM.now())

    def undo(self, before: Order) -> str:
        """Restore what was lost under the run's backup, compare, and remove the backup."""
        sweep(self._postgres)
        patient(self._postgres).close()
        try:
            session = self._session(GRACE)
        except PostgresRefused as error:
            raise NotUndone(f"restoring {self._postgres.endpoint.service}: {error}") from None
        try:
            return self._restored(session)
        except (PostgresRefused, Impossible) as error:
            raise NotUndone(f"restoring {self._postgres.endpoint.service}: {error}") from None
        finally:
            session.close()

    def _restored(self, session: PostgresSession) -> str:
        name = self._postgres.endpoint.service
        if not self._backup.there(session):
            return f"{name} has no backup of this run: nothing is lost, or it was restored"
        kept, now, meanwhile = self._backup.restore(session)
        if kept != now:
            wrong = ", ".join(sorted(table for table in kept.keys() | now.keys() if kept.get(table) != now.get(table)))
            raise NotUndone(f"restoring {name}: not as before: {wrong}; the backup stays in {self._backup.schema}")
        given_up = f"; {meanwhile} rows written meanwhile were given up" if meanwhile else ""
        return f"{name}: {_rows(now)} rows in {len(now)} tables are back, with the same checksums{given_up}"

    def _session(self, ends_after: float) -> PostgresSession:
        return self._postgres.session(ends_after, answers_within=COPIED_WITHIN)


def _rows(sums: Sums) -> int:
    return sum(rows for rows, _ in sums.values())
