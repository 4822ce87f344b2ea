"""The attendants of a run as the harness sees them: started once for each store, asked, ended with the platform."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, InjectionFailed, SquallError
from squall.interval import Interval
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.endpoint import Door, tag
from squall.platforms.stores.harm import Impossible
from squall.platforms.stores.undo import KIND
from squall.platforms.stores.worker_client import LIVING, Attending
from squall.process.child import What
from squall.safety.audit import OURS
from squall.safety.undo_log import Undo
from squall.target import Ended, Ending, Evidence


class Attendants:
    """All attendants of a platform. ``owned`` raises InjectionFailed unless the run may harm."""

    def __init__(self, owned: Callable[[], None]) -> None:
        self.owned = owned
        self._attending: dict[str, tuple[Door, str, Attending]] = {}
        self.before: dict[tuple[str, str], Mapping[str, Json]] = {}
        # Which process did a harm, by the store's service and the harm's name.
        self.began: dict[tuple[str, str], int] = {}

    def at(self, doors: Iterable[Door]) -> Mapping[str, "AttendedStore"]:
        """Return the stores behind doors, by service."""
        return {door.service: AttendedStore(door, self) for door in doors}

    def attend(self, door: Door, run: str) -> Attending:
        """Return the attendant of a store; it is started if there is none."""
        if door.service not in self._attending or not self._attending[door.service][2].alive:
            new = Attending(door, run)
            self._attending[door.service] = door, run, new
            LIVING[door.model_dump_json(), run] = new
        return self._attending[door.service][2]

    def fields(self) -> Mapping[str, str]:
        """Return what of squall is in attended stores, and the settings that harms change, for the audit."""
        found: dict[str, str] = {}
        changing = {service for (service, _), before in self.before.items() if before}
        for door, run, one in self._attending.values():
            # A store that does not answer is told by who needs it.
            with suppress(SquallError):
                said = one.ask("fields")["fields"]
                for name, text in said.items() if isinstance(said, dict) else ():
                    if name.startswith(OURS) or door.service in changing:
                        found[name] = run if text == tag(run) else str(text)
        return found

    def close(self) -> None:
        """End them all, and what they hold."""
        for door, run, one in self._attending.values():
            one.close()
            LIVING.pop((door.model_dump_json(), run), None)
        self._attending.clear()


@dataclass(frozen=True, slots=True)
class AttendedStore:
    """A store, for the faults; see ``capability.Attended``."""

    door: Door
    attendants: Attendants

    def undo(self, harm: str, run: str, remembers: bool) -> Undo:
        """Return the entry for a harm that is going to be done."""
        before: Mapping[str, Json] = {}
        if remembers:
            said = self._ask(run, "before", harm=harm)["before"]
            before = said if isinstance(said, dict) else {}
        self.attendants.before[self.door.service, harm] = before
        args = {"door": self.door.model_dump(mode="json"), "run": run, "harm": harm, "before": dict(before)}
        return Undo(KIND, f"{harm} in {self.door.service}", args)

    def attend(self, run: str) -> None:
        """Start the attendant and let it log in once, as all who will. Raises Misuse, HarnessFailed."""
        try:
            self.attendants.attend(self.door, run).ask("ready")
        except Impossible as error:
            raise HarnessFailed(str(error)) from error

    def harm(self, harm: str, run: str, **order: Json) -> Evidence:
        """Have it done."""
        self.attendants.owned()
        self.attendants.began[self.door.service, harm] = self.attendants.attend(self.door, run).pid
        said = self._ask(run, "harm", harm=harm, **self.attendants.before.get((self.door.service, harm), {}), **order)
        return Evidence(self.door.service, bool(said["proven"]), str(said["how"]), _between(said))

    def look(self, harm: str, run: str) -> Mapping[str, Json]:
        """Return what there is of a harm."""
        return self.attendants.attend(self.door, run).ask("look", harm=harm)

    def backlog(self, queue: str, run: str) -> int:
        """Return how much waits in a queue."""
        return int(str(self._ask(run, "backlog", queue=queue)["backlog"]))

    def logins(self, run: str) -> Mapping[str, float]:
        """Return from where the application is logged in, and since how many seconds at the least."""
        said = self._ask(run, "logins")["logins"]
        return {address: float(str(age)) for address, age in said.items()} if isinstance(said, dict) else {}

    def started(self, run: str) -> str:
        """Return what tells this start from another."""
        return str(self._ask(run, "started")["started"])

    def end(self, harm: str, run: str) -> Ending:
        """End a harm, or return how it ended.

        When an attendant dies, what it held ends with it; what it had only done is taken back by its successor.
        """
        try:
            attending = self.attendants.attend(self.door, run)
            if attending.pid == self.attendants.began.get((self.door.service, harm)):
                try:
                    return _ending(self.door.service, attending.ask("end", harm=harm))
                except HarnessFailed:
                    if attending.alive:
                        raise
            return self._ended_early(harm, self.attendants.attend(self.door, run))
        except SquallError as error:
            raise HarnessFailed(f"ending {harm} in {self.door.service}: {error}") from error

    def _ended_early(self, harm: str, successor: Attending) -> Ending:
        asked, before = SYSTEM.now(), self.attendants.before.get((self.door.service, harm), {})
        proof = successor.ask("undo", harm=harm, before=dict(before))["proof"]
        how = f"its attendant ended before the harm did, and its successor: {proof}"
        return Ending(self.door.service, Ended.BY_OTHERS, how, Interval(asked, SYSTEM.now()))

    def _ask(self, run: str, do: str, **more: Json) -> What:
        try:
            return self.attendants.attend(self.door, run).ask(do, **more)
        except (Impossible, StoreGone, HarnessFailed) as error:
            raise InjectionFailed(str(error)) from error


def _ending(service: str, said: What) -> Ending:
    return Ending(service, Ended(str(said["ended"])), str(said["how"]), _between(said))


def _between(said: What) -> Interval:
    return Interval(float(str(said["sent"])), float(str(said["seen"])))
