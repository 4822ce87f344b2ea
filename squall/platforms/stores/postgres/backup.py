"""A copy of all data of a database, kept beside it in a schema of the run's: made, tried, put back, removed.

What is kept in the server is found again by any process, and is there as long as the data's place is. Rows and
checksums of each table are in the schema's table ``manifest``. The copy is there if, and only if, the data is lost.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from squall.platforms.stores.harm import Impossible
from squall.platforms.stores.postgres.driver import PostgresSession, number, quoted

# More is not copied beside itself within a scenario (bytes).
LARGEST = 1 << 30

_TABLES = """
select n.nspname, c.relname, pg_total_relation_size(c.oid),
       array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             and a.attgenerated = '' order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^(pg_|squall_|information_schema$)'
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by 1, 2"""

Sums = Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class TableCopy:
    """A table of the database, and its copy in our schema."""

    name: str
    copy: str
    columns: str


@dataclass(frozen=True, slots=True)
class Backup:
    """The copy that a run keeps of a database."""

    schema: str

    @classmethod
    def of(cls, run: str) -> "Backup":
        """Return the one of a run, made or not."""
        return cls(f"squall_{hashlib.sha256(run.encode()).hexdigest()[:16]}")

    def there(self, session: PostgresSession) -> bool:
        """Whether it is kept."""
        return bool(session.one("select count(*) from pg_namespace where nspname = %s", self.schema)[0])

    def lose(self, session: PostgresSession, noted: Callable[[], None]) -> tuple[Sums, Sums]:
        """Copy all tables, put the copy into other tables once and compare, then empty them: one transaction.

        Nobody writes meanwhile; readers go on until the tables are emptied, and ``noted`` is called just before that.
        Returns rows and checksums before and after. Raises Impossible: there is nothing to lose, it is too much, or
        what comes back is not the same.
        """
        session.rows("begin")
        tables = self._tables(session)
        names, places = ", ".join(table.name for table in tables), {table.name: table.name for table in tables}
        session.rows(f"lock table {names} in share mode")
        session.rows(f"create schema {self.schema}")
        session.rows(f"create table {self.schema}.manifest (name text primary key, rows bigint, sum text)")
        for table in tables:
            session.rows(f"create table {table.copy} as select {table.columns} from {table.name}")  # noqa: S608
        before = summed(session, places)
        for name, (rows, total) in before.items():
            session.rows(f"insert into {self.schema}.manifest values (%s, %s, %s)", name, rows, total)  # noqa: S608
        self._try(session, tables, before)
        noted()
        session.rows(f"truncate {names}")
        after = summed(session, places)
        session.rows("commit")
        return before, after

    def restore(self, session: PostgresSession) -> tuple[Sums, Sums, int]:
        """Put everything back and remove the copy, in one transaction.

        Returns what the manifest says, what is there then, and how many rows had been written meanwhile: those are
        given up, as by any restored backup.
        """
        session.rows("begin")
        tables = self._tables(session)
        session.rows(f"lock table {', '.join(table.name for table in tables)} in access exclusive mode")
        meanwhile = sum(rows for rows, _ in summed(session, {t.name: t.name for t in tables}).values())
        session.rows(f"truncate {', '.join(table.name for table in tables)}")
        # Neither foreign keys nor triggers see the rows come back: they were there.
        session.rows("set local session_replication_role = replica")
        for table in tables:
            _fill(session, table.name, table)
        kept, now = self.kept(session), summed(session, {table.name: table.name for table in tables})
        if kept != now:
            session.rows("rollback")
            return kept, now, meanwhile
        self.remove(session)
        session.rows("commit")
        return kept, now, meanwhile

    def kept(self, session: PostgresSession) -> Sums:
        """Return rows and checksums of the copy, by table."""
        rows = session.rows(f"select name, rows, sum from {self.schema}.manifest")  # noqa: S608
        return {str(name): (number(count), str(total)) for name, count, total in rows}

    def remove(self, session: PostgresSession) -> None:
        """Drop the schema."""
        session.rows(f"drop schema {self.schema} cascade")

    def _tables(self, session: PostgresSession) -> Sequence[TableCopy]:
        found, size = [], 0
        for index, (schema, name, bytes_, columns) in enumerate(session.rows(_TABLES)):
            listed = ", ".join(quoted(str(column)) for column in columns) if isinstance(columns, list) else ""
            full = f"{quoted(str(schema))}.{quoted(str(name))}"
            found.append(TableCopy(full, f"{self.schema}.t{index}", listed))
            size += number(bytes_)
        if not found:
            raise Impossible("there is no table whose data could be lost")
        if size > LARGEST:
            raise Impossible(f"{size >> 20} MiB of data are more than squall backs up ({LARGEST >> 20} MiB)")
        return found

    def _try(self, session: PostgresSession, tables: Sequence[TableCopy], sums: Sums) -> None:
        """Put the copy into tables of the same form, compare, and take them away again."""
        tried = {table.name: f"{table.copy}_tried" for table in tables}
        for table in tables:
            session.rows(f"create table {tried[table.name]} (like {table.name} including all)")
            _fill(session, tried[table.name], table)
        if summed(session, tried) != sums:
            raise Impossible("what comes back from the backup is not what was there: nothing was harmed")
        session.rows(f"drop table {', '.join(tried.values())}")


def summed(session: PostgresSession, tables: Mapping[str, str]) -> Sums:
    """Return the rows and a checksum of each table, whatever the order of its rows; keys are those of ``tables``."""
    found = {}
    for name, place in tables.items():
        rows, total = session.one(
            f"select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text from {place} t"  # noqa: S608
        )
        found[name] = (number(rows), str(total))
    return found


def _fill(session: PostgresSession, into: str, table: TableCopy) -> None:
    session.rows(
        f"insert into {into} ({table.columns}) overriding system value select {table.columns} from {table.copy}"  # noqa: S608
    )
