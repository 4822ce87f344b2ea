"""Harms to a real PostgreSQL: each bites, is proven, ends, and leaves nothing; who is immune is not harmed."""

import os
import signal
import threading
import time
from typing import cast

import psycopg
import pytest
from pydantic import JsonValue

import squall.platforms.undos  # noqa: F401 - registers how a harm is undone
from squall.errors import Misuse, NotUndone
from squall.platforms.stores.connection import StoreConnection
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.platforms.stores.harm import Impossible
from squall.platforms.stores.postgres import driver, slots
from squall.platforms.stores.postgres.driver import Postgres, PostgresRefused, PostgresSession
from squall.platforms.stores.postgres.password import Password
from squall.platforms.stores.worker_client import WorkerClient
from squall.process.message import What
from squall.safety.undo_log import Undo, perform
from squall.system.stores import Login
from squall.testing.platform import VirtualClock
from tests.platforms.stores.servers import APPLICATION, PASSWORDS, SLOTS, Database, until

pytestmark = pytest.mark.slow

# Of these three are reserved for superusers.
ORDINARY = SLOTS - 3


def undo(found: Database, harm: str, run: str = "run-1") -> Undo:
    endpoint = found.endpoint.model_dump(mode="json")
    return Undo("store", f"{harm} in postgres", {"endpoint": endpoint, "run": run, "harm": harm, "before": {}})


def refused(found: Database) -> str:
    try:
        found.connect().close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def digest(found: Database) -> list[tuple[object, ...]]:
    return found.ask("select * from customer order by 1") + found.ask('select * from "Order" order by 1')


def ended(said: What) -> tuple[object, object]:
    return said["ended"], said["how"]


def test_all_slots_are_used_and_each_that_becomes_free(postgres: Database, at_postgres: WorkerClient) -> None:
    first, second = postgres.connect(), postgres.connect()
    said = at_postgres.ask("harm", harm="slots", lasts=60)
    assert said["proven"], said
    assert "a log-in as app is refused (remaining connection slots are reserved" in str(said["how"])
    assert f"{ORDINARY} of {ORDINARY} slots are taken" in str(said["how"])
    assert float(str(said["sent"])) < float(str(said["seen"])) <= time.monotonic()
    assert "reserved" in refused(postgres)
    # Established connections go on; the slot of one that goes is taken.
    assert second.execute("select count(*) from customer").fetchone() == (50,)
    before = postgres.ours()
    first.close()
    until(lambda: postgres.ours() == before + 1)
    assert "reserved" in refused(postgres)
    over = at_postgres.ask("end", harm="slots")
    assert over["ended"] == "as stated", over
    assert refused(postgres) == ""
    second.close()


class Leaving:
    """A session of a server where so many more than its slots are listed at each look."""

    def __init__(self, *more: int) -> None:
        self._more = iter(more)

    def one(self, query: str) -> tuple[int, int]:
        return 17, 17 + next(self._more)


def test_sessions_that_are_just_leaving_take_no_slot() -> None:
    assert slots._settled(cast("PostgresSession", Leaving(2, 1, 0, 5)), VirtualClock()) == (17, 17)
    assert slots._settled(cast("PostgresSession", Leaving(*[1] * 100)), VirtualClock()) == (17, 18)


def test_slots_are_given_back_when_the_time_is_over(postgres: Database, at_postgres: WorkerClient) -> None:
    said = at_postgres.ask("harm", harm="slots", lasts=0.5)
    assert said["proven"], said
    until(lambda: not refused(postgres))
    over = at_postgres.ask("end", harm="slots")
    assert over["ended"] == "as stated", over
    assert float(str(over["sent"])) - float(str(said["seen"])) >= 0.5


@pytest.mark.parametrize(
    ("login", "order", "why"),
    [
        (Login(user="postgres", variable="TEST_STORE_SUPERUSER"), {}, "it may use the reserved ones"),
        (Login(user="app", variable="TEST_STORE_APPLICATION"), {"most": 3}, "squall takes no more than 3"),
    ],
)
def test_who_gets_in_all_the_same_is_not_harmed(
    postgres: Database, login: Login, order: dict[str, int], why: str
) -> None:
    client = WorkerClient(postgres.endpoint.model_copy(update={"application": login}), "run-2")
    try:
        said = client.ask("harm", harm="slots", lasts=60, **order)
        assert not said["proven"]
        assert why in str(said["how"])
        assert refused(postgres) == ""
        until(lambda: postgres.ours() == 0)
        with pytest.raises(NotUndone, match="it was not begun"):
            client.ask("end", harm="slots")
    finally:
        client.close()


def test_a_locked_table_makes_who_reads_it_wait(postgres: Database, at_postgres: WorkerClient) -> None:
    said = at_postgres.ask("harm", harm="locks", table="customer", lasts=60)
    assert said["proven"], said
    assert "a read of public.customer as app waits for the lock, longer than 250 ms" in str(said["how"])
    with postgres.connect() as reader:
        reader.execute("set lock_timeout = 200")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            reader.execute("select * from customer")
        assert reader.execute('select count(*) from "Order"').fetchone() == (200,)
        assert at_postgres.ask("look", harm="locks")["wait"] == 0
        reader.execute("set lock_timeout = 0")
        waiting = threading.Thread(target=reader.execute, args=("select * from customer",))
        waiting.start()
        until(lambda: at_postgres.ask("look", harm="locks")["wait"] == 1)
        over = at_postgres.ask("end", harm="locks")
        waiting.join(5)
        assert not waiting.is_alive()
    assert over["ended"] == "as stated", over
    assert "a read as app takes" in str(over["how"])


def test_all_that_the_application_reads_is_locked_if_no_table_is_named(
    postgres: Database, at_postgres: WorkerClient
) -> None:
    assert at_postgres.ask("harm", harm="locks", lasts=60)["proven"]
    locked = postgres.ask("select relation::regclass::text from pg_locks where mode = 'AccessExclusiveLock' order by 1")
    assert {'"Order"', "customer"} <= {str(name) for (name,) in locked}
    at_postgres.ask("end", harm="locks")


def test_a_table_that_is_locked_by_turns_is_slow_and_never_shut(postgres: Database, at_postgres: WorkerClient) -> None:
    said = at_postgres.ask("harm", harm="locks", table="customer", hold=0.2, lasts=60)
    assert said["proven"], said
    took = []
    with postgres.connect() as reader:
        for _ in range(60):
            began = time.monotonic()
            reader.execute("select 1 from customer limit 1")
            took.append(time.monotonic() - began)
            time.sleep(0.02)
    assert max(took) > 0.1
    assert sorted(took)[len(took) // 3] < 0.1
    assert at_postgres.ask("end", harm="locks")["ended"] == "as stated"


def test_a_lock_that_others_keep_is_no_effect(postgres: Database, at_postgres: WorkerClient) -> None:
    with postgres.connect("postgres") as other:
        other.execute("begin")
        other.execute("lock table customer in row exclusive mode")
        with pytest.raises(Impossible, match="locking tables of postgres: canceling statement due to lock timeout"):
            at_postgres.ask("harm", harm="locks", table="customer", lasts=60)
        until(lambda: postgres.ours() == 0)
    with pytest.raises(Impossible, match='there is no table "customers"'):
        at_postgres.ask("harm", harm="locks", table="customers", lasts=60)


def test_the_application_s_sessions_are_killed_and_nobody_else_s(postgres: Database, at_postgres: WorkerClient) -> None:
    postgres.without_application()
    with postgres.connect("postgres") as other:
        victims = [postgres.connect() for _ in range(3)]
        said = at_postgres.ask("harm", harm="kills")
        assert said["proven"], said
        assert "3 of the 3 sessions of app are gone" in str(said["how"])
        for victim in victims:
            with pytest.raises(psycopg.OperationalError):
                victim.execute("select 1")
        assert other.execute("select 1").fetchone() == (1,)
    assert refused(postgres) == ""
    postgres.without_application()
    nobody = at_postgres.ask("harm", harm="kills")
    assert (nobody["proven"], nobody["how"]) == (False, "app had no session to be killed (pg_stat_activity)")


def test_lost_data_comes_back_as_it_was(postgres: Database, at_postgres: WorkerClient) -> None:
    before = digest(postgres)
    said = at_postgres.ask("harm", harm="loss", lasts=60)
    assert said["proven"], said
    assert "250 rows in 2 tables, then 0" in str(said["how"])
    assert digest(postgres) == []
    postgres.ask("insert into customer (name) values ('written meanwhile') returning 1", "app")
    assert list(at_postgres.ask("fields")["fields"]) == ["squall's backup in postgres"]  # type: ignore[arg-type]
    over = at_postgres.ask("end", harm="loss")
    assert over["ended"] == "as stated", over
    assert "250 rows in 2 tables are back, with the same checksums" in str(over["how"])
    assert "1 rows written meanwhile were given up" in str(over["how"])
    assert digest(postgres) == before
    assert at_postgres.ask("fields")["fields"] == {}
    assert postgres.ask("select nspname from pg_namespace where nspname like 'squall%'") == []
    # New rows go on where the old ones ended.
    (number,) = postgres.ask("insert into customer (name) values ('new') returning id", "app")[0]
    assert int(str(number)) > 50
    postgres.ask("delete from customer where id > 50 returning 1")


def test_data_that_may_not_be_lost_is_not(postgres: Database) -> None:
    client = WorkerClient(postgres.endpoint.model_copy(update={"disposable": False}), "run-3")
    try:
        with pytest.raises(Impossible, match="not marked disposable"):
            client.ask("harm", harm="loss", lasts=60)
    finally:
        client.close()
    assert len(digest(postgres)) == 250


def test_a_restore_that_is_not_the_same_is_told_and_keeps_the_backup(
    postgres: Database, at_postgres: WorkerClient
) -> None:
    before = digest(postgres)
    assert at_postgres.ask("harm", harm="loss", lasts=60)["proven"]
    (schema,) = postgres.ask("select nspname from pg_namespace where nspname like 'squall%'")[0]
    with postgres.connect("postgres") as other:
        other.execute(f"set search_path to {schema}".encode())
        other.execute("create table aside as select * from t0 where id = 7")
        other.execute("delete from t0 where id = 7")
        with pytest.raises(NotUndone, match=r'not as before: "public"."Order"; the backup stays in squall_'):
            perform(undo(postgres, "loss"))
        other.execute("insert into t0 select * from aside")
    assert "250 rows in 2 tables are back" in perform(undo(postgres, "loss"))
    assert digest(postgres) == before


@pytest.mark.parametrize("harm", ["slots", "locks", "loss"])
def test_the_worker_s_death_leaves_nothing_that_an_undo_does_not_take_back(postgres: Database, harm: str) -> None:
    before = digest(postgres)
    client = WorkerClient(postgres.endpoint, "run-4")
    try:
        assert client.ask("harm", harm=harm, lasts=60)["proven"]
        os.kill(client.pid, signal.SIGKILL)
        until(lambda: not client.alive)
        # Sessions and locks go with the process; what is lost stays lost.
        until(lambda: postgres.ours() == 0)
        assert (digest(postgres) == before) is (harm != "loss")
        for _ in range(2):
            assert "postgres" in perform(undo(postgres, harm, "run-4"))
        assert digest(postgres) == before
        assert postgres.ask("select nspname from pg_namespace where nspname like 'squall%'") == []
        assert refused(postgres) == ""
    finally:
        client.close()


@pytest.mark.parametrize("harm", ["slots", "locks", "loss"])
def test_an_undo_of_another_process_ends_what_a_living_worker_holds(postgres: Database, harm: str) -> None:
    before = digest(postgres)
    client = WorkerClient(postgres.endpoint, "run-5")
    try:
        assert client.ask("harm", harm=harm, lasts=60)["proven"]
        assert "postgres" in perform(undo(postgres, harm, "run-5"))
        assert digest(postgres) == before
        assert refused(postgres) == ""
        if harm != "loss":
            assert client.ask("end", harm=harm)["ended"] == "by others"
    finally:
        client.close()
    until(lambda: postgres.ours() == 0)


def test_the_harness_s_end_is_the_worker_s_and_lost_data_comes_back(postgres: Database) -> None:
    before = digest(postgres)
    client = WorkerClient(postgres.endpoint, "run-6")
    assert client.ask("harm", harm="loss", lasts=60)["proven"]
    # As when the harness is killed: its end of the pipe closes.
    client._child._stdin.close()
    until(lambda: not client.alive)
    assert digest(postgres) == before
    client.close()


def test_the_server_ends_an_idle_session_that_nobody_ends(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "GRACE", 0.2)
    server = Postgres(StoreConnection(postgres.endpoint, PASSWORDS), postgres.endpoint, "run-7")
    idle, locker = server.session(0.2), server.session(0.2)
    locker.rows("begin")
    locker.rows("lock table customer in access exclusive mode")
    until(lambda: postgres.ours() == 0)
    with pytest.raises(PostgresRefused, match="idle-session timeout"):
        idle.rows("select 1")
    with pytest.raises(PostgresRefused, match="idle-in-transaction timeout"):
        locker.rows("select 1")


def test_what_needs_a_superuser_or_a_password_says_so(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    client = WorkerClient(postgres.endpoint.model_copy(update={"login": postgres.endpoint.application}), "run-8")
    try:
        with pytest.raises(Misuse, match="app is no superuser, and may not end the sessions of others"):
            client.ask("ready")
    finally:
        client.close()
    monkeypatch.delenv("TEST_STORE_SUPERUSER")
    client = WorkerClient(postgres.endpoint, "run-8")
    try:
        with pytest.raises(Misuse, match="in the environment as TEST_STORE_SUPERUSER, and is not there"):
            client.ask("ready")
    finally:
        client.close()


def test_a_table_s_rows_are_a_backlog(postgres: Database) -> None:
    queues = {"orders": "Order", "with its schema": "public.customer", "gone": "nothing"}
    client = WorkerClient(postgres.endpoint.model_copy(update={"queues": queues}), "run-3")
    try:
        assert client.ask("backlog", queue="orders")["backlog"] == 200
        assert client.ask("backlog", queue="with its schema")["backlog"] == 50
        with pytest.raises(Impossible, match="looking into the queue gone of postgres"):
            client.ask("backlog", queue="gone")
    finally:
        client.close()


class Kept(StoreConnection):
    """A way to a store of which a Secret keeps two passwords."""

    def held(self, namespace: str, secret: str, key: str) -> str:
        assert (namespace, secret) == ("squall", "kept")
        return {"old": PASSWORDS[APPLICATION], "new": "another 'one' % of 2"}[key]


KEPT: dict[str, JsonValue] = {"namespace": "squall", "secret": "kept"}


def keeping(found: Database, endpoint: StoreEndpoint | None = None) -> Password:
    endpoint = endpoint or found.endpoint
    return Password(Postgres(Kept(endpoint, os.environ), endpoint, "run-1"))


def let_in(found: Database, password: str) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=found.port, dbname="postgres", user="app", password=password).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False
    return True


def test_a_password_that_is_changed_lets_nobody_in_with_the_old_one_until_it_is_set_back(postgres: Database) -> None:
    harm = keeping(postgres)
    said = harm.begin(KEPT)
    assert said.proven, said
    assert "with the password before a log-in as app is refused (password authentication failed" in said.how
    assert "with the new one let in" in said.how
    assert PASSWORDS[APPLICATION] not in said.how
    assert [let_in(postgres, each) for each in (PASSWORDS[APPLICATION], "another 'one' % of 2")] == [False, True]
    # What the server keeps is no password.
    ((verifier,),) = postgres.ask("select rolpassword from pg_authid where rolname = 'app'")
    assert str(verifier).startswith("SCRAM-SHA-256$")
    assert keeping(postgres).undo(KEPT) == "the password of app in postgres was set back, and lets it in"
    assert let_in(postgres, PASSWORDS[APPLICATION])
    assert keeping(postgres).undo(KEPT) == "the password of app in postgres is what it was"


def change(found: Database, password: str) -> None:
    with found.connect("postgres") as connection:
        connection.execute(f"alter role app password '{password}'".encode())


def test_a_password_that_someone_else_changed_stays(postgres: Database) -> None:
    change(postgres, "a third")
    try:
        assert "was changed by someone else: left alone" in keeping(postgres).undo(KEPT)
        assert let_in(postgres, "a third")
        with pytest.raises(Impossible, match="what is kept of it is not its password"):
            keeping(postgres).begin(KEPT)
    finally:
        change(postgres, PASSWORDS[APPLICATION])


def test_whoever_is_let_in_without_a_password_is_immune_to_another(postgres: Database) -> None:
    rules = postgres.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("host all all all trust\n")
    postgres.ask("select pg_reload_conf()")
    try:
        until(lambda: let_in(postgres, "anything"))
        said = keeping(postgres).begin(KEPT)
        assert not said.proven
        assert "with the password before a log-in as app is let in" in said.how
        assert "was set back" in keeping(postgres).undo(KEPT)
    finally:
        rules.write_text(before)
        postgres.ask("select pg_reload_conf()")
        until(lambda: not let_in(postgres, "anything"))
    assert let_in(postgres, PASSWORDS[APPLICATION])


def test_squalls_own_password_is_not_changed(postgres: Database) -> None:
    endpoint = postgres.endpoint.model_copy(update={"application": postgres.endpoint.login})
    with pytest.raises(Impossible, match="it is squall's own"):
        keeping(postgres, endpoint).begin(KEPT)


def test_from_where_the_application_is_logged_in(postgres: Database, at_postgres: WorkerClient) -> None:
    assert at_postgres.ask("logins")["logins"] == {}
    with postgres.connect():
        said = at_postgres.ask("logins")["logins"]
        assert isinstance(said, dict)
        assert 0 <= float(str(said["127.0.0.1"])) < 10
