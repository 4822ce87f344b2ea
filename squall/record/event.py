"""What happens in a run, as a line of its timeline. Values, no reading and no writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue as Json


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``t``.

    Kinds (``who``; keys of ``what``):
      phase            (squall; name: prepare start steady harm observe undo hold done)
      load.started     (load; start, rate: arrivals per second, ``start`` is the first arrival's moment)
      load.rate        (load; start, rate)            another rate from ``start`` on
      load.stopped     (load; end, cpu: seconds)      prober.started, prober.stopped (prober; as for load)
      instances        (service; instances: list of {name, incarnation, ready, node}) whole state when watching began
      instance         (service; name, incarnation, state: ready | unready | gone, node, reason)
      endpoint         (service; name, ready)         withdrawn from or given traffic, as the platform sees it
      revision         (service; name, revision)      the version of its program that an instance runs from here on
      gauge            (service; instance, name, value, took)  a figure that an instance exports, as it was at some
                       moment of the ``took`` seconds before t
      gauge.unread     (service; instance, name, reason)       it cannot be read from here on; values say when again
      door             (service; instance, since, until, seconds: list of {at, calls, answered, failed, given_up})  what
                       passed at an instance's door in [since, until); seconds in which nothing did are left out
      door.unread      (service; instance, reason)    it could not be read this time
      note             (whoever; text)                shown as a tick on the figure
      harm.sent        (fault; targets, act, at)      the moment before the harm left; a harm is one ``act`` (0) unless
                       it is composed of several, each planned to begin ``at`` seconds after the first
      harm.effect      (target; proven, how, low, high, act)  proof read at the target; onset lies in [low, high]
      harm.confirmed   (target; how, act)            later, independent confirmation
      harm.ending      (fault; act)                   the moment before the end of a harm that lasts was asked for
      harm.ended       (target; ended: as stated | target gone | by others, how, low, high, act)  its end lies in
                       [low, high]
      settled          (squall; after, planned: seconds from the onset)  nothing more could change a verdict, so the
                       observation ended here and not when it was planned to
      blind            (squall; low, high)           nothing of the platform was seen then: the harm's doing
      void             (squall; cause, reason)        the run proves nothing, and why
      undo             (undo kind; state, proof)      leftover (what is still there; text)
      changed          (squall; text)                 what someone else changed while the run went on
      heartbeat        (process; boottime, realtime; stolen, counted: seconds of the machine's processors, where they
                       are known)  every second
    """

    t: float
    kind: str
    who: str
    what: Mapping[str, Json] = field(default_factory=dict)
