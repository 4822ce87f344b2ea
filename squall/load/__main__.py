"""The load process: ``python -m squall.load LOCUSTFILE``, told the rest by ``SQUALL_LOAD``. Ends on SIGTERM.

Says ``load.started``, ``load.rate`` and ``load.stopped``; hears ``{"rate": 200}`` and ``{"stages": [[20, 50, 200]]}``.
Started by ``squall.load.process``.
"""

# Locust patches the standard library: before anything else that uses sockets or threads.
import locust  # isort: skip

import os
import random
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]
import gevent.os  # type: ignore[import-untyped]
from locust.env import Environment
from locust.user import User

from squall.load.arrivals import Arrivals
from squall.load.connections import sources
from squall.load.crowd import Crowd, KindOfUser, shares
from squall.load.locustfile import Undrivable, options, users_of
from squall.load.returning import Returning
from squall.load.session import record
from squall.load.settings import LoadSettings
from squall.load.user import OneForAll, OpenLoopUser
from squall.load.visit import Visits
from squall.process.message import What, messages
from squall.process.parent import Parent
from squall.process.scheduling import settle
from squall.record.arrivals import Stage
from squall.record.samples import SampleWriter


def main(locustfile: str) -> int:
    """Run until told to stop, or until the harness is gone."""
    parent = Parent()
    settings = LoadSettings.read(os.environ)
    arrivals = Arrivals(settings, SampleWriter(Path(settings.samples)))
    random.seed(settings.own_seed)  # by which Locust chooses tasks and waits
    try:
        users = users_of(locustfile)
        environment = _environment(locustfile, list(users.values()), settings)
        stated = shares(settings.kinds, {name: user.weight for name, user in users.items()})
    except (Undrivable, ValueError) as error:
        parent.refuse(f"{locustfile}: {error}")
    visits = Visits(arrivals)
    kinds = [_kind(users[name], environment, settings, visits) for name in stated]
    crowd = Crowd(kinds, list(stated.values()), settings.own_seed)

    gevent.signal_handler(signal.SIGTERM, arrivals.stop)
    gevent.spawn(_obey, parent, arrivals)
    gevent.spawn(arrivals.flush_for_ever)
    _touch(settings)
    settle()
    before = _cpu()
    started = partial(parent.say, "load.started")
    ready = partial(parent.say, "load.ready", {})
    gevent.spawn(_run, arrivals, crowd, ready, lambda: started(_started(settings, arrivals))).get()

    environment.events.test_stop.fire(environment=environment)  # type: ignore[no-untyped-call]
    parent.say("load.stopped", {"end": arrivals.end, "cpu": _cpu() - before})
    return 0


def _environment(locustfile: str, users: list[type[User]], settings: LoadSettings) -> Environment:
    """Return what Locust gives to users, with a runner that runs nobody: who comes when is ours to say."""
    found = Environment(
        user_classes=users, events=locust.events, host=settings.host, parsed_options=options(settings.arguments),
        locustfile=Path(locustfile).name,
    )  # fmt: skip
    for user in users:
        user.host = settings.host
    runner = found.create_local_runner()
    found.events.request.add_listener(partial(record, rule=settings.mark))  # type: ignore[no-untyped-call]
    found.events.init.fire(environment=found, runner=runner, web_ui=None)  # type: ignore[no-untyped-call]
    found._filter_tasks_by_tags()  # noqa: SLF001 - as its runner does, which is not started
    found.events.test_start.fire(environment=found)  # type: ignore[no-untyped-call]
    return found


def _kind(user: type[User], environment: Environment, settings: LoadSettings, visits: Visits) -> KindOfUser:
    if issubclass(user, OpenLoopUser):
        return OneForAll(user, environment, settings, visits)
    return Returning(user, environment, settings, visits)


def _run(arrivals: Arrivals, crowd: Crowd, ready: Callable[[], None], started: Callable[[], None]) -> None:
    """Let users come until told to stop; what ``on_start`` raises ends the process, for nobody could ask."""
    try:
        crowd.start()
    except Exception:  # noqa: BLE001 - whatever a locustfile raises is its author's to read
        traceback.print_exc()
        _end(arrivals)
    if arrivals.settings.workers > 1:
        ready()
    arrivals.run(crowd.serve, started)
    crowd.stop()


def _started(settings: LoadSettings, arrivals: Arrivals) -> What:
    spread = len(sources(urlsplit(settings.host).hostname or ""))
    return {
        "start": arrivals.start, "rate": settings.rate, "connections": settings.connections, "sources": spread,
        "pace": settings.pace, "seed": settings.seed, "users": settings.users, "workers": settings.workers,
    }  # fmt: skip


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def _touch(settings: LoadSettings) -> None:
    """Resolve the name and connect once, so that the first arrival does not pay for it; its failure will show."""
    url = urlsplit(settings.host)
    try:
        address = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        socket.create_connection(address, timeout=settings.timeout).close()
    except OSError:
        pass


def _obey(parent: Parent, arrivals: Arrivals) -> None:
    for message in messages(lambda: gevent.os.tp_read(0, 65536)):
        if isinstance(start := message.get("start"), int | float):
            arrivals.appointed.set(start)
        at = message.get("at")
        for segment in arrivals.change(_stages(message), at if isinstance(at, int | float) else None):
            parent.say("load.rate", asdict(segment))
    _end(arrivals)


def _stages(message: What) -> list[Stage]:
    if isinstance(rate := message.get("rate"), int | float):
        return [Stage(0.0, rate, rate)]
    listed = message.get("stages")
    if not isinstance(listed, list):
        return []
    return [Stage(*(float(str(number)) for number in each)) for each in listed if isinstance(each, list)]


def _end(arrivals: Arrivals) -> None:
    arrivals.abort()
    os._exit(1)


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stderr.flush()
    os._exit(code)  # nothing is left to do, and a locustfile's own greenlets shall not hold the end up
