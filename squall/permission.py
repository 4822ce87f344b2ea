"""Whether a platform has what a fault needs, and lets us do it: asked before anything is done."""

from collections.abc import Sequence

from squall.errors import Misuse
from squall.faults.by_agent import ByAgent
from squall.faults.fault import Fault
from squall.platforms.capability import Host, Permits, Platform


def unoffered(on: Platform, fault: Fault) -> str:
    """Say why a fault cannot be had on a platform: then its scenario is skipped by name. Empty: it can.

    Raises:
        Misuse: the platform is not there, or may not be harmed.
    """
    needs, name = fault.needs, type(fault).__name__
    if not isinstance(on, needs):
        return f"the platform {on.name} does not offer {needs.__name__}, which {name} needs"
    if isinstance(fault, ByAgent) and isinstance(on, Host) and fault.harm not in on.harms():
        return f'the platform {on.name} cannot do the harm "{fault.harm}", which {name} needs'
    if isinstance(on, Permits) and (why := on.absent(needs)):
        return f"{on.name} ({on.context}) does not offer {needs.__name__}, which {name} needs: {why}"
    return ""


def permit(on: Platform, fault: Fault) -> None:
    """Raise Misuse, with all that is missing, unless we have every right that a run with this fault needs."""
    if isinstance(on, Permits) and (lacking := on.missing(fault.needs, fault.service)):
        raise Misuse(refusal(on, fault, lacking))


def refusal(on: Platform, fault: Fault, lacking: Sequence[str]) -> str:
    """Return the line that names the rights that are missing."""
    return (
        f"{type(fault).__name__} on {on.name} ({on.context}) is refused: the account lacks the right to "
        f"{'; '.join(lacking)} (squall rbac prints the roles)"
    )
