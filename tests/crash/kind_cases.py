"""Harms on the kind cluster."""

from collections.abc import Callable, Mapping

from squall.faults.cordon import Cordon
from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.fault import Harm
from squall.faults.freeze import Freeze
from squall.faults.misdirect import Misdirect
from squall.faults.resolution import NameResolution
from squall.faults.scale import Scale
from squall.faults.slower import Slower
from squall.faults.unreachable import Unreachable
from squall.target import EVERY, ONE
from tests.crash.cases import Case, quick
from tests.platforms import echo_cluster


def _echo(harm: Callable[[float], Harm]) -> Case:
    return Case("kind", lambda: quick(echo_cluster.SYSTEM), harm, echo_cluster.CONTEXT)


KIND: Mapping[str, Case] = {
    "kind crash": _echo(lambda _: Crash("echo", ONE)),
    "kind deletion": _echo(lambda _: Deletion("echo", ONE)),
    "kind freeze": _echo(lambda lasts: Freeze("echo", ONE, lasts)),
    "kind cordoned": _echo(lambda lasts: Cordon("echo", ONE, lasts)),
    "kind scaled": _echo(lambda lasts: Scale("echo", EVERY, lasts, 1)),
    "kind misdirected": _echo(lambda lasts: Misdirect("echo", EVERY, lasts)),
    "kind unreachable": _echo(lambda lasts: Unreachable("echo", ONE, lasts)),
    "kind names": _echo(lambda lasts: NameResolution("echo", EVERY, lasts)),
    "kind slower": _echo(lambda lasts: Slower("echo", EVERY, lasts, delay=0.05)),
    "kind errors": _echo(lambda lasts: ErrorsAnswered("echo", EVERY, lasts)),
}
