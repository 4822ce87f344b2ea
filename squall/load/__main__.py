"""The load process: ``python -m squall.load LOCUSTFILE``, told the rest by ``SQUALL_LOAD``. Ends on SIGTERM.

Says ``load.started``, ``load.rate`` and ``load.stopped``; hears ``{"rate": 200}``. Started by ``squall.load.process``.
"""

# Locust patches the standard library: before anything else that uses sockets or threads.
import locust  # isort: skip

import os
import signal
import socket
import sys
import traceback
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]
import gevent.os  # type: ignore[import-untyped]
from locust.env import Environment
from locust.user import User
from locust.util.load_locustfile import load_locustfile

from squall.load.arrivals import Arrivals
from squall.load.connections import sources
from squall.load.settings import LoadSettings
from squall.load.user import OpenLoopUser
from squall.process.message import What, messages
from squall.process.parent import Parent
from squall.process.scheduling import settle
from squall.record.samples import SampleWriter


def main(locustfile: str) -> int:
    """Run until told to stop, or until the harness is gone."""
    parent = Parent()
    settings = LoadSettings.read(os.environ)
    user = _user(locustfile, parent)
    arrivals = Arrivals(settings.rate, settings.timeout, settings.max_in_flight, SampleWriter(Path(settings.samples)))
    user.settings, user.arrivals = settings, arrivals
    user.started = staticmethod(lambda: parent.say("load.started", _started(settings, arrivals)))

    environment = Environment(user_classes=[user], events=locust.events, host=settings.host, catch_exceptions=False)
    runner = environment.create_local_runner()
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)  # type: ignore[no-untyped-call]
    environment.events.user_error.add_listener(partial(_broken, arrivals))  # type: ignore[no-untyped-call]
    gevent.signal_handler(signal.SIGTERM, arrivals.stop)
    gevent.spawn(_obey, parent, arrivals)
    gevent.spawn(arrivals.flush_for_ever)
    _touch(settings)
    settle()
    before = _cpu()
    runner.start(1, spawn_rate=1)
    arrivals.finished.wait()

    parent.say("load.stopped", {"end": arrivals.end, "cpu": _cpu() - before})
    return 0


def _started(settings: LoadSettings, arrivals: Arrivals) -> What:
    spread = len(sources(urlsplit(settings.host).hostname or ""))
    return {"start": arrivals.start, "rate": arrivals.rate, "connections": settings.connections, "sources": spread}


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def _user(locustfile: str, parent: Parent) -> type[OpenLoopUser]:
    """Return the locustfile's one user; refuse anything else, for it would not keep an open-loop schedule."""
    try:
        found, shapes = load_locustfile(locustfile)
    except Exception:  # noqa: BLE001 - whatever a locustfile raises is its author's to read
        parent.refuse(f"{locustfile}: cannot be imported: {traceback.format_exc(limit=0).strip()}")
    own = {name: user for name, user in found.items() if not user.abstract}
    if strangers := sorted(name for name, user in own.items() if not issubclass(user, OpenLoopUser)):
        parent.refuse(f"{locustfile}: {', '.join(strangers)}: not an OpenLoopUser; Locust's own users wait for each "
                      "answer and so hide an outage (from squall.load.user import OpenLoopUser)")  # fmt: skip
    if shapes:
        parent.refuse(f"{locustfile}: has a LoadTestShape; the rate stands in the scenario")
    if len(own) != 1:
        parent.refuse(f"{locustfile}: has {len(own)} users; put all tasks into one OpenLoopUser, with weights")
    (user,) = own.values()
    return _checked(user, locustfile, parent)


def _checked(user: type[User], locustfile: str, parent: Parent) -> type[OpenLoopUser]:
    if not issubclass(user, OpenLoopUser) or not user.tasks or any(isinstance(task, type) for task in user.tasks):
        parent.refuse(f"{locustfile}: {user.__name__}: needs methods with @task, and no TaskSet")
    return user


def _touch(settings: LoadSettings) -> None:
    """Resolve the name and connect once, so that the first arrival does not pay for it; its failure will show."""
    url = urlsplit(settings.host)
    try:
        address = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        socket.create_connection(address, timeout=settings.timeout).close()
    except OSError:
        pass


def _broken(arrivals: Arrivals, **_: object) -> None:
    """End, as the locustfile's ``on_start`` raised; Locust has printed it."""
    gevent.spawn(_end, arrivals)


def _obey(parent: Parent, arrivals: Arrivals) -> None:
    for message in messages(lambda: gevent.os.tp_read(0, 65536)):
        if isinstance(rate := message.get("rate"), int | float):
            parent.say("load.rate", {"start": arrivals.change(rate), "rate": rate})
    _end(arrivals)


def _end(arrivals: Arrivals) -> None:
    arrivals.abort()
    os._exit(1)


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stderr.flush()
    os._exit(code)  # nothing is left to do, and a locustfile's own greenlets shall not hold the end up
