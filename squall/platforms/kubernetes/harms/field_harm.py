"""What harms have in common that consist of fields of objects: one write that marks, a proof, and the way back.

No harm is defined here: each has its own file, with the objects, the fields, and what shows the effect.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.errors import HarnessFailed, InjectionFailed, NotUndone
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.kubernetes.api.client import ApiFailed, Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.marks.apply import harm, harm_undo, lifted, read_changes
from squall.platforms.kubernetes.marks.mark import reverted
from squall.platforms.kubernetes.objects.field_managers import keepers
from squall.safety.lease import LENGTH
from squall.safety.undo_log import Undo
from squall.waiting import poll

# A harm without an end of its own is over by its mark's word after this long, if nobody has taken it back by then.
LONGEST = 3600.0
LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class FieldHarm(ABC):
    """A harm that is a change of fields of one or more objects."""

    context: HarmContext
    # Seconds in which the effect must show after the write.
    within: ClassVar[float] = 10.0

    @abstractmethod
    def places(self) -> Sequence[ObjectRef]:
        """Return the objects that are changed."""

    @abstractmethod
    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Return the fields to set (JSON pointer: value; None: take it away) of an object as it was read.

        Raises:
            InjectionFailed: the object cannot be harmed so, or could not show it.
        """

    @abstractmethod
    def seen(self, place: ObjectRef, written: Object) -> str:
        """Say what shows the effect; empty while nothing does. ``written`` is the object as it was read back."""

    def harmed(self, place: ObjectRef) -> tuple[str, ...]:
        """Return the incarnations of pods that the change of an object harms, read before it; none where none is."""
        return ()

    def warnings(self) -> Sequence[str]:
        found = [(place, self.context.api.find(place.path)) for place in self.places()]
        return [f"{place} is {line}" for place, each in found if each is not None for line in keepers(each)]

    def undo(self, run: str) -> Sequence[Undo]:
        return [harm_undo(self.context.api, place, run) for place in self.places()]

    def prepare(self, run: str) -> None:  # noqa: B027 - most need nothing
        """Need nothing."""

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Write all, then wait for the effect of each."""
        self.context.owned()
        places = self.places()
        harmed = {place: self.harmed(place) for place in places}
        written = [(place, *self._written(place, run, lasts)) for place in places]
        shown = [(place, self.effect(place, each, before, run)) for place, each, before in written]
        return [replace(each, instances=(*harmed[place], *each.instances)) for place, each in shown]

    def effect(self, place: ObjectRef, written: Object, before: float, run: str) -> Evidence:
        """Wait until the effect shows; ``before`` is the moment before the write."""
        clock = self.context.clock
        found = poll(lambda: self.seen(place, written), within=self.within, every=LOOK_EVERY, clock=clock)
        how = found or f"{place} was changed, and no effect of it was seen for {self.within:g} s"
        return Evidence(str(place), bool(found), how, Interval(before, clock.now()))

    def end(self, run: str) -> Sequence[Ending]:
        return [self._ended(place, run) for place in reversed(self.places())]

    def ended(self, run: str) -> Sequence[Ending]:
        now, endings = Interval.exact(self.context.clock.now()), []
        for place in self.places():
            if (found := self.context.api.find(place.path)) is None:
                endings.append(Ending(str(place), Ended.TARGET_GONE, f"{place} is gone", now))
            elif how := reverted(found, run):
                endings.append(Ending(str(place), Ended.BY_OTHERS, f"{place}: {how}", now))
        return endings

    def _written(self, place: ObjectRef, run: str, lasts: float) -> tuple[Object, float]:
        api = self.context.api
        if (found := api.find(place.path)) is None:
            raise InjectionFailed(f"harming {place}: it is not there")
        changes = read_changes(found, self.wrote(place, found))
        before = self.context.clock.now()
        return harm(api, place, run, until(lasts), changes), before

    def _ended(self, place: ObjectRef, run: str) -> Ending:
        before = self.context.clock.now()
        try:
            told = lifted(self.context.api, place, run)
        except (ApiFailed, NotUndone, ValueError) as error:
            raise HarnessFailed(f"ending the harm to {place}: {error}") from error
        return Ending(str(place), told.ended, told.proof, Interval(before, self.context.clock.now()))


def until(lasts: float) -> datetime:
    """Return when a harm is over by its own word: a lease's length after the harness should have ended it."""
    return datetime.now(UTC) + timedelta(seconds=lasts + LENGTH if lasts else LONGEST)
