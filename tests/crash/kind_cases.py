"""Harms on the kind cluster."""

from collections.abc import Callable, Mapping

from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.fault import Harm
from squall.faults.freeze import Freeze
from squall.target import ONE
from tests.crash.cases import Case, quick
from tests.platforms import echo_cluster


def _echo(harm: Callable[[float], Harm]) -> Case:
    return Case("kind", lambda: quick(echo_cluster.SYSTEM), harm, echo_cluster.CONTEXT)


KIND: Mapping[str, Case] = {
    "kind crash": _echo(lambda _: Crash("echo", ONE)),
    "kind deletion": _echo(lambda _: Deletion("echo", ONE)),
    "kind freeze": _echo(lambda lasts: Freeze("echo", ONE, lasts)),
}
