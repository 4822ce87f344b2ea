"""Ending a project from any process: by its labels, with the proof that nothing of it is left.

Docker alone is needed, neither Compose nor its files. To be imported wherever undo logs are replayed.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, NotUndone
from squall.platforms.containers.engine import Engine
from squall.platforms.containers.project import Project
from squall.platforms.this_machine.arguments import OfInstance
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import kill_session
from squall.safety.arguments import Name, RunName
from squall.safety.undo_log import Undo, undoes
from squall.waiting import poll

PROJECT = "compose.project"
ENDS_WITHIN = 60.0
LOOK_EVERY = 0.2
# What the daemon was still making for a Compose that was killed appears after a first look at nothing.
EMPTY_LOOKS = 3
KINDS = ("container", "network", "volume")


def _socket(text: str) -> str:
    """Return the path of a socket, or of nothing, that no other user but root can have made."""
    path = Path(text)
    if not path.is_absolute():
        raise ValueError(f"{text} is no absolute path")
    if path.exists() and not (stat.S_ISSOCK(path.stat().st_mode) and path.stat().st_uid in {0, os.geteuid()}):
        raise ValueError(f"{text} is no socket of root's or of this user's")
    return text


class ProjectArguments(OfInstance):
    """A compose project: what carries its labels is removed."""

    project: Name
    run: RunName
    docker: Annotated[str, AfterValidator(_socket)]


def project_undo(state: InstanceFolder, project: Project, socket: Path) -> Undo:
    """Return the entry for all that is going to be made."""
    about = f"the containers, networks and volumes of the compose project {project.name}"
    args = {"folder": str(state.path), "project": project.name, "run": project.run, "docker": str(socket)}
    return Undo(PROJECT, about, args)


@undoes(PROJECT, ProjectArguments)
def end_project(args: Mapping[str, Any]) -> str:
    """End the Compose that is still at work, remove what carries the project's labels, then the folder."""
    state, project = InstanceFolder.named(args["folder"]), Project(str(args["project"]), str(args["run"]))
    _end_compose(state)
    try:
        removed = removal(Engine(Path(args["docker"]), project), SYSTEM)
    except HarnessFailed as error:
        raise NotUndone(f"ending the compose project {project.name}: {error}") from error
    state.remove()
    if state.path.exists():
        raise NotUndone(f"removing {state.path}: it is still there")
    return f"{removed}; nothing with the labels of the project {project.name} is left, and {state.path} is gone"


def removal(engine: Engine, clock: Clock, within: float = ENDS_WITHIN) -> str:
    """Remove everything of a project and return how much it was.

    Raises:
        NotUndone: something is still there.
        HarnessFailed: the daemon does not answer.
    """
    deadline, empty, removed, why = clock.now() + within, 0, dict[str, set[str]](), ""
    while empty < EMPTY_LOOKS:
        left = {kind: named for kind, named in engine.left().items() if named}
        empty = 0 if left else empty + 1
        if left and clock.now() > deadline:
            said = "; ".join(f"{kind} {', '.join(name[:12] for name in named)}" for kind, named in left.items())
            raise NotUndone(f"ending the compose project {engine.project.name}: still there: {said}{why}")
        # Containers first: a network or a volume that is in use cannot be removed, and is tried again.
        for kind, identity in ((kind, identity) for kind, named in left.items() for identity in named):
            try:
                engine.remove(kind, identity)
            except HarnessFailed as error:
                why = f" ({error})"
            removed.setdefault(kind, set()).add(identity)
        clock.sleep(LOOK_EVERY)
    counted = [f"{len(removed.get(kind, ()))} {kind}{'s' * (len(removed.get(kind, ())) != 1)}" for kind in KINDS]
    return f"{', '.join(counted[:-1])} and {counted[-1]} removed"


def _end_compose(state: InstanceFolder) -> None:
    """Kill the Compose of a harness that was killed, which would go on making what is removed here."""
    if (compose := state.noted("compose")) is None:
        return
    left = poll(lambda: kill_session(compose), within=5.0, every=LOOK_EVERY, done=lambda left: not left)
    if left:
        raise NotUndone(f"ending Compose: still there: {', '.join(str(each) for each in left)}")
