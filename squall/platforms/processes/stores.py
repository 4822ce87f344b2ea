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


def url(store: Store, port: int) -> str:
    """Return where clients find a store. There is no password: it listens on 127.0.0.1 alone."""
    if store.kind == "postgres":
        return f"postgresql://{store.role or USER}@{HOST}:{port}/{DATABASE}"
    return f"redis://{HOST}:{port}/0"


def endpoint(service: str, store: Store, port: int, folder: Path) -> StoreEndpoint:
    """Return how squall reaches a store of the platform instance that has that folder."""
    superuser = USER if store.kind == "postgres" else ""
    return StoreEndpoint(
        service=service, kind=store.kind, place=Loopback(port=port, folder=str(folder)), database=DATABASE,
        login=Login(user=superuser), application=Login(user=store.role) if store.role else None,
        disposable=store.disposable, queues=store.queues,
    )  # fmt: skip


def spec(kind: str, data: Path, port: int, options: Sequence[str], fill: Path | None) -> Spec:
    """Return the process of a store whose files are in ``data``. Raises Misuse if its wheel is missing."""
    return _postgres(data, port, options, fill) if kind == "postgres" else _valkey(data, port, options)


def _postgres(data: Path, port: int, options: Sequence[str], fill: Path | None) -> Spec:
    server, folder = str(program("postgres")), str(data)
    # Its shared memory is a file in its folder: what is in /dev/shm would stay after a SIGKILL.
    settings = {"listen_addresses": HOST, "unix_socket_directories": "", "fsync": "off", "shared_buffers": "32MB",
                "max_connections": "100", "dynamic_shared_memory_type": "mmap"}  # fmt: skip
    command = [server, "-D", folder, "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    made = [str(program("initdb")), "--pgdata", folder, "--username", USER, "--auth", "trust"]
    before = [Preparation([*made, "--encoding", "UTF8", "--locale", "C", "--no-sync"])]
    if fill is not None:
        before.append(Preparation([server, "--single", "-j", "-D", folder, DATABASE], str(fill)))
    return Spec([*command, *options], {}, folder, folder, before, unprivileged=True, packages=str(packages("postgres")))


def _valkey(data: Path, port: int, options: Sequence[str]) -> Spec:
    command = [str(program("valkey")), "--port", str(port), "--bind", HOST, "--dir", str(data)]
    return Spec([*command, "--save", "", "--appendonly", "no", *options], {}, str(data), str(data))
