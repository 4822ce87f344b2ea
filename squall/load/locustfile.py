"""Reads a locustfile: its kinds of users, or what to change. Imported only in the load process.

What would not keep the scenario's schedule is refused by name.
"""

import contextlib
import io
import traceback
from argparse import Namespace
from collections.abc import Mapping, Sequence

from locust.argument_parser import get_parser
from locust.user import User
from locust.user.users import PytestUser
from locust.util.load_locustfile import load_locustfile

from squall.load.user import OpenLoopUser

# What Locust's arguments say of that a scenario decides, as its parsed options are called.
_OURS = ("num_users", "spawn_rate", "run_time", "user_classes", "master", "worker", "processes")


class Undrivable(Exception):
    """Why a locustfile cannot be driven, and what to change."""


def users_of(locustfile: str) -> Mapping[str, type[User]]:
    """Return the classes of users, by name.

    Raises:
        Undrivable: it cannot be imported, or cannot be driven.
    """
    try:
        found, shapes = load_locustfile(locustfile)
    except Exception as error:
        reason = traceback.format_exc(limit=0).strip()
        raise Undrivable(f"cannot be imported: {reason}") from error
    if shapes:
        raise Undrivable("has a LoadTestShape; the scenario says how users arrive: leave it out, and write a Given")
    own = {name: user for name, user in found.items() if not user.abstract}
    if not own:
        raise Undrivable("has no users; write a class of locust.HttpUser, FastHttpUser or squall's OpenLoopUser")
    for name, user in own.items():
        if why := _undrivable(user):
            raise Undrivable(f"{name}: {why}")
    return own


def options(given: Sequence[str]) -> Namespace:
    """Return Locust's own options and those that the locustfile adds, by the arguments of the system file.

    Raises:
        Undrivable: there is no such argument, or its value means nothing.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            found: Namespace = get_parser(default_config_files=[]).parse_args(list(given))
    except SystemExit as error:
        reason = next((line.partition("error: ")[2] for line in said.getvalue().splitlines() if "error: " in line), "")
        raise Undrivable(f"{reason or 'they cannot be read'} (load.arguments in system.yaml)") from error
    if stated := [name for name in _OURS if getattr(found, name, None)]:
        raise Undrivable(
            f"{', '.join(stated)} (load.arguments in system.yaml): the scenario says who arrives; leave it out"
        )
    return found


def _undrivable(user: type[User]) -> str:
    if issubclass(user, OpenLoopUser) and any(isinstance(task, type) for task in user.tasks):
        return "has a TaskSet, and an OpenLoopUser does one task and goes; make it a FastHttpUser, who comes again"
    if issubclass(user, PytestUser):
        return "is made of pytest's functions; write a class of locust.HttpUser with @task"
    if user.run is not User.run:
        return "has a run of its own, which would wait for nobody; write methods with @task"
    if not user.tasks:
        return "has no tasks; write methods with @task, or TaskSets"
    if user.fixed_count:
        return "has a fixed_count; the scenario says how many arrive: give it a weight instead"
    return ""
