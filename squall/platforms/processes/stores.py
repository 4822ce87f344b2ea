"""How PostgreSQL and Valkey are run as processes. Their data is lost with the run: nothing is synced to disk. Pure."""

from collections.abc import Sequence
from pathlib import Path

from squall.platforms.processes.spec import Preparation, Spec
from squall.platforms.processes.wheels import packages, program
from squall.platforms.stores.endpoint import Loopback, StoreEndpoint
from squall.platforms.this_machine.ports import HOST
from squall.system.local import Store
from squall.system.stores import Login

# PostgreSQL's superuser, and the only database.
USER, DATABASE = "postgres", "postgres"
# At SIGTERM PostgreSQL would wait for its clients, who keep their connections; at SIGINT it ends in order.
STOP = {"postgres": "INT", "valkey": "TERM"}


def url(store: Store, port: int, password: str) -> str:
    """Return where clients find a store. Others who use this machine reach its port, too, but have no password."""
    if store.kind == "postgres":
        return f"postgresql://{store.role or USER}:{password}@{HOST}:{port}/{DATABASE}"
    return f"redis://:{password}@{HOST}:{port}/0"


def endpoint(service: str, store: Store, port: int, folder: Path) -> StoreEndpoint:
    """Return how squall reaches a store of the platform instance that has that folder."""
    superuser = USER if store.kind == "postgres" else ""
    return StoreEndpoint(
        service=service, kind=store.kind, place=Loopback(port=port, folder=str(folder)), database=DATABASE,
        login=Login(user=superuser), application=Login(user=store.role) if store.role else None,
        disposable=store.disposable, queues=store.queues,
    )  # fmt: skip


def secret(store: Store, password: str) -> str:
    """Return what the server reads of its password, from a file that only this user can read: no argument holds it."""
    if store.kind == "valkey":
        return f"requirepass {password}\n"
    roles = [USER, *([store.role] if store.role else [])]
    # Without a server a statement ends with an empty line.
    return "".join(f"alter role \"{role}\" password '{password}';\n\n" for role in roles)


def spec(store: Store, data: Path, port: int, fill: Path | None, secret: Path) -> Spec:
    """Return the process of a store whose files are in ``data``. Raises Misuse if its wheel is missing."""
    if store.kind == "postgres":
        return _postgres(data, port, store.options, [*([fill] if fill else []), secret])
    return _valkey(data, port, store.options, secret)


def _postgres(data: Path, port: int, options: Sequence[str], statements: Sequence[Path]) -> Spec:
    server, folder = str(program("postgres")), str(data)
    # Its shared memory is a file in its folder: what is in /dev/shm would stay after a SIGKILL.
    settings = {"listen_addresses": HOST, "unix_socket_directories": "", "fsync": "off", "shared_buffers": "32MB",
                "max_connections": "100", "dynamic_shared_memory_type": "mmap"}  # fmt: skip
    command = [server, "-D", folder, "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    made = [str(program("initdb")), "--pgdata", folder, "--username", USER]
    # It has no socket of its own; a role without a password is let in by nobody.
    made += ["--auth-local", "peer", "--auth-host", "scram-sha-256"]
    before = [Preparation([*made, "--encoding", "UTF8", "--locale", "C", "--no-sync"])]
    before += [Preparation([server, "--single", "-j", "-D", folder, DATABASE], str(each)) for each in statements]
    return Spec([*command, *options], {}, folder, folder, before, unprivileged=True, packages=str(packages("postgres")))


def _valkey(data: Path, port: int, options: Sequence[str], secret: Path) -> Spec:
    command = [str(program("valkey")), str(secret), "--port", str(port), "--bind", HOST, "--dir", str(data)]
    return Spec([*command, "--save", "", "--appendonly", "no", *options], {}, str(data), str(data))
