"""Sentences that harm databases and caches."""

from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.consumer_stopped import ConsumerStopped
from squall.faults.data_lost import DataLost
from squall.faults.flushed import Flushed
from squall.faults.hangs import Hangs
from squall.faults.memory_full import MemoryFull
from squall.faults.pool_exhausted import PoolExhausted
from squall.faults.secret_rotated import SecretRotated
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.steps.sentence import sentence
from squall.units import seconds


@sentence("when", 'the connection slots of "{service:Name}" are used up for {lasting:Duration}')
def slots_are_used_up(service: str, lasting: str) -> SlotsUsedUp:
    """Take every connection slot of a database that ordinary roles may use."""
    return SlotsUsedUp(service, seconds(lasting))


@sentence("when", 'the connection pool of "{service:Name}" is exhausted for {lasting:Duration}')
def pool_is_exhausted(service: str, lasting: str) -> PoolExhausted:
    """Lock what a service reads, until each of its instances has all its database connections waiting."""
    return PoolExhausted(service, seconds(lasting))


@sentence("when", 'the connections to "{service:Name}" are killed')
def connections_are_killed(service: str) -> ConnectionsKilled:
    """End all sessions that the application has in a database."""
    return ConnectionsKilled(service)


@sentence("when", 'the table "{table:Name}" of "{service:Name}" is locked for {lasting:Duration}')
def a_table_is_locked(table: str, service: str, lasting: str) -> TableLocked:
    """Let whoever reads or writes a table wait."""
    return TableLocked(service, seconds(lasting), table=table)


@sentence(
    "when",
    'the table "{table:Name}" of "{service:Name}" is locked {hold:Duration} at a time for {lasting:Duration}',
)
def a_table_is_locked_again_and_again(table: str, service: str, hold: str, lasting: str) -> TableLocked:
    """Let whoever reads or writes a table wait a little, again and again: queries are slow."""
    return TableLocked(service, seconds(lasting), table=table, hold=_part(hold, lasting))


@sentence("when", 'the data of "{service:Name}" is lost for {lasting:Duration}')
def data_is_lost(service: str, lasting: str) -> DataLost:
    """Empty all tables of a disposable database; restore them from a backup at the end."""
    return DataLost(service, seconds(lasting))


@sentence("when", '"{service:Name}" is restarted')
def a_store_is_restarted(service: str) -> StoreRestarted:
    """Have a database or a cache stop in order, and be started again by whoever keeps it."""
    return StoreRestarted(service)


@sentence("when", '"{service:Name}" is flushed')
def a_cache_is_flushed(service: str) -> Flushed:
    """Remove all keys of a disposable cache."""
    return Flushed(service)


@sentence("when", 'the memory of "{service:Name}" is full for {lasting:Duration}')
def the_memory_is_full(service: str, lasting: str) -> MemoryFull:
    """Lower the memory limit of a disposable cache to what it uses."""
    return MemoryFull(service, seconds(lasting))


@sentence("when", '"{service:Name}" hangs for {lasting:Duration}')
def a_cache_hangs(service: str, lasting: str) -> Hangs:
    """Have a cache hold every command back."""
    return Hangs(service, seconds(lasting))


@sentence("when", '"{service:Name}" hangs {hold:Duration} at a time for {lasting:Duration}')
def a_cache_hangs_again_and_again(service: str, hold: str, lasting: str) -> Hangs:
    """Have a cache hold every command back a little, again and again: it is slow."""
    return Hangs(service, seconds(lasting), hold=_part(hold, lasting))


def _part(hold: str, lasting: str) -> float:
    """Return the length of one of several. Raises ValueError: there is no room for two."""
    if not 0 < seconds(hold) <= seconds(lasting) / 2:
        raise ValueError(f"of {lasting} no two parts are {hold} long; write a shorter time at a time")
    return seconds(hold)


@sentence("when", '"{service:Name}" stops taking from the queue "{queue:Name}" for {lasting:Duration}')
def stops_taking_from_the_queue(service: str, queue: str, lasting: str) -> ConsumerStopped:
    """Freeze all instances of a queue's consumer for a time."""
    return ConsumerStopped(service, queue, seconds(lasting))


@sentence("when", 'the secret "{secret:Name}" of "{service:Name}" is rotated')
def a_secret_is_rotated(secret: str, service: str) -> SecretRotated:
    """Change the password of a service at its database and in its Secret, and restart the service by turns."""
    return SecretRotated(service, secret=secret)
