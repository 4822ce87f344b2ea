"""Carrying out the course of a harm: each act at its time, its effect and its end noted. Nothing is chosen here."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from pydantic import JsonValue as Json

from squall.clock import Clock
from squall.faults.fault import Confirmed, Lasting, Standing
from squall.run.schedule import Act, lasts
from squall.target import Ending, Evidence

# An end and a beginning that are planned for one moment: the end comes first.
SAME = 1e-3


class Note(Protocol):
    """Writes an event into the record."""

    def __call__(self, kind: str, who: str, **what: Json) -> None:
        """Write it, with the moment at which it is written."""
        ...


@dataclass(frozen=True, slots=True)
class _Standing:
    """An act that stands, and when it is to be ended (on the harness's clock)."""

    act: Act
    until: float


class Harming:
    """One course of a harm: ``begin`` once, then ``go_on`` once, then ``look``.

    ``until`` waits for a moment, and raises if the run cannot go on.
    """

    def __init__(self, acts: Sequence[Act], clock: Clock, note: Note, until: Callable[[float], None]) -> None:
        self._acts = acts
        self._number = {id(act): number for number, act in enumerate(acts)}
        self._volleys = [list(volley) for _, volley in groupby(acts, lambda act: act.at)]
        self._clock, self._note, self._until = clock, note, until
        self._standing: list[_Standing] = []
        self._began = math.nan
        # How much later than planned the acts are, for each must be proven before the next begins.
        self.late = 0.0

    def begin(self) -> float | None:
        """Harm by what comes first, and return the latest moment at which it can have begun.

        None: one target was not harmed.
        """
        began = self._strike(self._volleys.pop(0))
        if began is not None:
            self._began = began
        return began

    def go_on(self) -> bool:
        """Do and end all the rest, each at its time. False: one target was not harmed, and what stands is not ended."""
        while self._volleys or self._standing:
            begins = self._began + self._volleys[0][0].at + self.late if self._volleys else math.inf
            first = min(self._standing, key=lambda each: each.until, default=None)
            if first is not None and first.until <= begins + SAME:
                self._until(first.until)
                self._standing.remove(first)
                self._end(first.act)
                continue
            self._until(begins)
            if self._strike(self._volleys.pop(0)) is None:
                return False
        return True

    def look(self) -> None:
        """Note what confirms the harm, and what was to stand until squall takes it back and no longer does."""
        for act in self._acts:
            if isinstance(act.fault, Confirmed):
                for target, how in act.fault.confirmed(act.target):
                    self._note("harm.confirmed", target, how=how, act=self._number[id(act)])
            if isinstance(act.fault, Standing) and not act.fault.lasts:
                self._tell_endings(act, act.fault.ended(act.target))

    def _strike(self, volley: Sequence[Act]) -> float | None:
        for act in volley:
            names: list[Json] = [instance.name for instance in act.target.instances]
            self._note("harm.sent", type(act.fault).__name__, targets=names, act=self._number[id(act)], at=act.at)
        proofs = [self._told(act, found) for act, found in zip(volley, _injected(volley), strict=True)]
        # What tells nothing of any target has proven nothing.
        if not all(found and all(proof.proven for proof in found) for found in proofs):
            return None
        moments = [min(proof.onset.high for proof in found) for found in proofs]
        for act, moment in zip(volley, moments, strict=True):
            if lasts(act.fault):
                # In front: of those that end at one moment, what was done last ends first.
                self._standing.insert(0, _Standing(act, moment + act.fault.lasts))
        if not math.isnan(self._began):
            self.late = max(self.late, min(moments) - self._began - volley[0].at)
        return min(moments)

    def _told(self, act: Act, found: Sequence[Evidence]) -> Sequence[Evidence]:
        number = self._number[id(act)]
        for proof in found:
            low, high = proof.onset.low, proof.onset.high
            self._note("harm.effect", proof.target, proven=proof.proven, how=proof.how, low=low, high=high, act=number)
        return found

    def _end(self, act: Act) -> None:
        if isinstance(act.fault, Lasting):
            self._note("harm.ending", type(act.fault).__name__, act=self._number[id(act)])
            self._tell_endings(act, act.fault.end(act.target))

    def _tell_endings(self, act: Act, endings: Sequence[Ending]) -> None:
        number = self._number[id(act)]
        for each in endings:
            low, high = each.when.low, each.when.high
            self._note("harm.ended", each.target, ended=each.ended, how=each.how, low=low, high=high, act=number)


def _injected(volley: Sequence[Act]) -> list[Sequence[Evidence]]:
    """Harm by all at once; raises what the first of them raises, when all are done."""
    if len(volley) == 1:
        return [volley[0].fault.inject(volley[0].target)]
    with ThreadPoolExecutor(len(volley)) as pool:
        begun = [pool.submit(act.fault.inject, act.target) for act in volley]
    return [each.result() for each in begun]
