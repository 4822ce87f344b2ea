"""Calling the releaser of the platform local, the proof that its version runs, and putting back what it left."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, InjectionFailed, NotUndone
from squall.instances import Evidence
from squall.interval import Interval
from squall.platforms.processes.programs import Layout
from squall.platforms.processes.revision import last
from squall.platforms.processes.rollout import Rolling, Rollout
from squall.platforms.this_machine.arguments import OfService
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import send_signal, wait_until_gone
from squall.process.child import Child
from squall.process.message import What
from squall.process.python import module_command
from squall.safety.undo_log import Undo, undoes
from squall.system.local import Releaser
from squall.waiting import poll

RELEASE = "local.release"
# What is deployed is version 1.
NEXT = "2"
LOOK_EVERY = 0.02
ENDS_WITHIN = 5.0
# What is put back is waited for longer than any releaser would.
READY_WITHIN = 60.0

Say = Callable[[str], None]


class RollingRelease:
    """The releaser of one run, once it is called; what it says goes to ``say``."""

    def __init__(self, state: InstanceFolder, clock: Clock) -> None:
        self._state, self._clock = state, clock
        self._releaser: Child | None = None

    def prepare(self, up: Layout, new: Layout, service: str, releaser: Releaser) -> None:
        """Write down for it what is up, and the version that is to be released of a service."""
        rollout = Rollout.planned(up, service, releaser, NEXT)
        old = {process.name: process.spec for process in up.of(service)}
        specs = {process.name: replace(process.spec, revision=NEXT) for process in new.of(service)}
        rollout.write(self._state, {rollout.before: old, rollout.after: specs})

    def release(self, service: str, within: float, say: Say) -> Evidence:
        """Call it, and wait for the first process of the new version. It goes on by itself."""
        if (rollout := Rollout.read(self._state, service)) is None:
            raise InjectionFailed(f"releasing {service}: no version of it was prepared")

        def hear(kind: str, what: What) -> None:
            if kind == "step":
                say(f"releaser: {what['text']}")

        command = module_command("squall.platforms.processes.releaser", self._state.path, rollout.service)
        before = self._clock.now()
        self._releaser = Child("the releaser", command, hear, {})
        self._state.write_down("releaser", self._releaser.pid)
        releaser = self._releaser
        poll(
            lambda: self._found(rollout) is not None or not releaser.alive,
            within=within,
            every=LOOK_EVERY,
            clock=self._clock,
        )
        if (found := self._found(rollout)) is None:
            now = self._clock.now()
            why = releaser.failure() or f"no process of version {rollout.after} after {now - before:.1f} s"
            return Evidence(rollout.service, False, why, Interval(before, now))
        name, process = found
        how = f"process {process.partition('/')[0]} of {name} was started as version {rollout.after}"
        return Evidence(name, True, how, Interval(before, self._clock.now()))

    def close(self) -> None:
        if self._releaser is not None:
            self._releaser.stop(ENDS_WITHIN)
            self._releaser = None

    def _found(self, rollout: Rollout) -> tuple[str, str] | None:
        for name in rollout.ports:
            process, revision = last(self._state, name)
            if revision == rollout.after:
                return name, process
        return None


def release_undo(state: InstanceFolder, service: str) -> Undo:
    """Return the entry for a release of a service that is going to be called for."""
    return Undo(RELEASE, f"the release of {service} in {state.path}", {"folder": str(state.path), "service": service})


@undoes(RELEASE, OfService)
def put_back(args: Mapping[str, Any]) -> str:
    """End the releaser if it is still at work, and bring the version before to all that are not of it."""
    state, service = InstanceFolder.named(args["folder"]), str(args["service"])
    _end_releaser(state)
    rollout, supervisord = Rollout.read(state, service), state.noted("supervisord")
    if rollout is None:
        return f"{service} was not released"
    if supervisord is None or not supervisord.lives():
        return f"nothing of {service} runs any more"
    rolling = Rolling(state, rollout, SYSTEM, lambda text: None)
    try:
        if not (outdated := rolling.outdated(rollout.before)):
            return f"version {rollout.before} of {service} was back already"
        late = rolling.bring(outdated, rollout.before, READY_WITHIN)
        if late is not None or rolling.outdated(rollout.before):
            raise NotUndone(f"putting version {rollout.before} of {service} back: {late or 'it'} does not get ready")
    except HarnessFailed as error:
        raise NotUndone(f"putting version {rollout.before} of {service} back: {error}") from error
    finally:
        rolling.close()
    return f"version {rollout.before} of {service} was put back on {', '.join(outdated)} and is ready"


def _end_releaser(state: InstanceFolder) -> None:
    releaser = state.noted("releaser")
    if releaser is not None and releaser.lives():
        send_signal(releaser, signal.SIGKILL)
        if not wait_until_gone(releaser, ENDS_WITHIN):
            raise NotUndone(f"ending the releaser (process {releaser.pid}): it is still there")
