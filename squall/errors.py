"""Errors. A broken claim is a Finding, not an exception; these are for what cannot go on.

SquallError
  Misuse            the user's input cannot mean anything; one line says what, where, what to do (exit code 4)
  NotOffered        the platform has not what the scenario needs (the scenario is skipped, by name)
  NoTargets         the selection matched nothing, or fewer than asked (the run is INCONCLUSIVE)
  InjectionFailed   the harm could not be done (the run is INCONCLUSIVE)
  CalledOff         who conducts the run does not let the harm begin (the run is INCONCLUSIVE)
  NotUndone         the system may still be harmed (exit code 3)
    NotReached      because what it takes to undo did not answer: tried again for a while
      NotNoted      it does not, but that could not be written down: others will undo it once more
  HarnessFailed     one of squall's own processes failed (the run is INCONCLUSIVE)
    NotUp           the system did not come up, and was not harmed: no fault of squall's
    TakenAway       someone else took away what the run had put in place

Messages read ``doing what to whom: cause``.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command ends with: the worst of all verdicts, or why there is none."""

    HELD = 0
    BROKEN = 1
    INCONCLUSIVE = 2
    # Wins over all: something that squall did is still there.
    NOT_UNDONE = 3
    MISUSE = 4
    HARNESS_FAILED = 5
    ABORTED = 130


class SquallError(Exception):
    """Whatever squall raises on purpose."""


class Misuse(SquallError):
    """The input cannot mean anything; it is never retried."""


class NotOffered(SquallError):
    """The platform has not what a scenario needs."""


class NoTargets(SquallError):
    """The selection matched nothing, or fewer instances than were asked for."""


class InjectionFailed(SquallError):
    """The harm could not be done."""


class CalledOff(SquallError):
    """Who conducts the run does not let its harm begin."""


class NotUndone(SquallError):
    """Something that squall did is still active."""


class NotReached(NotUndone):
    """What is needed to undo it did not answer, or had no room: worth trying again."""


class NotNoted(NotReached):
    """It is undone, and there was no room to say so in the undo log: only writing is worth trying again."""


class HarnessFailed(SquallError):
    """One of squall's own processes ended or answered nonsense."""


class NotUp(HarnessFailed):
    """The system did not come up in its time; nothing was harmed, and it is not the harness that failed."""


class TakenAway(HarnessFailed):
    """Someone else took away what the run had put in place, an agent's pod for instance."""
