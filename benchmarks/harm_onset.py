"""From the order to the proof that a harm bit, for each fault of ``tests/crash``'s cases on kind, beside kubectl.

``python -m benchmarks.harm_onset [REPEATS [CASE...]]``: needs the cluster (make kind) for itself. What squall does
before (an agent put beside the target, the undo written down) is not counted, as kubectl's start is: both are there
before a person acts. kubectl is timed as a whole, as its user sees it; what it answers is no proof.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from squall.errors import InjectionFailed
from squall.faults.fault import Lasting
from squall.faults.pool_exhausted import PoolExhausted
from squall.platforms.capability import Stores
from squall.platforms.kubectl import found
from squall.run.targeting import make_schedule
from squall.run.wiring import platform
from squall.safety.undo_log import perform
from tests.crash.cases import LASTS, Case, cases
from tests.crash.store_ground import fill
from tests.kind.users import arriving
from tests.platforms.echo_cluster import CONTEXT

NAMESPACE, NODE = "squall-harmed", "squall-worker2"


def main(repeats: int, meant: Collection[str]) -> None:
    print(f"from the order to the proof, in ms, {repeats} times each (median, all)")
    for name, case in cases().items():
        short = name.removeprefix("kind ")
        if case.platform == "kind" and (not meant or short in meant):
            beside(short, case, repeats)


def beside(name: str, case: Case, repeats: int) -> None:
    """Measure a harm and what kubectl has for it by turns: the machine is not as fast all the time."""
    ours, theirs, kubectls = list[float](), list[float](), KUBECTL.get(name)
    for _ in range(repeats):
        try:
            ours.append(harmed(case))
        except (Immune, InjectionFailed) as error:
            print(f"  {name}: not proven: {error}", flush=True)
        if kubectls is not None:
            theirs.append(kubectls[1]())
    if ours:
        told(name, ours)
    if kubectls is not None:
        told(f"  {kubectls[0]}", theirs)


def told(name: str, times: list[float]) -> None:
    listed = " ".join(f"{1000 * each:.0f}" for each in times)
    print(f"  {name:30} {1000 * median(times):8.1f}   ({listed})", flush=True)


def harmed(case: Case) -> float:
    """Return how long one harm took, from a fresh system; it is undone before this returns."""
    with closing(platform(case.platform, case.system(), case.context)) as on:
        run = f"bench-{time.time_ns()}"
        lease = on.claim_run(run)
        undo = []
        try:
            on.deploy((), lambda text: None)
            # One alone: a harm that is composed has no one proof.
            (act,) = make_schedule(case.scenario(LASTS), on, run)
            fault, target = act.fault, act.target
            if case.fills is not None and isinstance(on, Stores):
                fill(on.stores()[case.fills].endpoint)
            undo = list(fault.plan(target))
            fault.prepare(target)
            with ExitStack() as users:
                # A pool is waited for by requests alone.
                if isinstance(fault, PoolExhausted):
                    folder = users.enter_context(TemporaryDirectory())
                    users.enter_context(arriving(case.system(), on.users_url(), Path(folder), run))
                began = time.monotonic()
                proofs = fault.inject(target)
                took = time.monotonic() - began
            if not all(proof.proven for proof in proofs):
                raise Immune("; ".join(proof.how for proof in proofs if not proof.proven))
            if isinstance(fault, Lasting) and fault.lasts:
                fault.end(target)
        finally:
            for entry in reversed([lease, *undo]):
                perform(entry)
        return took


class Immune(Exception):
    """The harm had no effect that could be proven."""


def deleted(*words: str) -> float:
    first = ("-l", "app.kubernetes.io/name=front", "-o", "jsonpath={.items[0].metadata.name}")
    name = kubectl("get", "pods", "-n", NAMESPACE, *first)[0]
    took = kubectl("delete", "pod", name, "-n", NAMESPACE, *words)[1]
    kubectl("rollout", "status", "deployment/front", "-n", NAMESPACE, "--timeout=60s")
    return took


def cordoned() -> float:
    took = kubectl("cordon", NODE)[1]
    kubectl("uncordon", NODE)
    return took


def kubectl(*words: str) -> tuple[str, float]:
    """Return what it printed, and how long it took (s)."""
    command, began = [found(), "--context", CONTEXT, *words], time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return done.stdout, time.monotonic() - began


# What a person would do by hand, for the harms that kubectl has.
KUBECTL: Mapping[str, tuple[str, Callable[[], float]]] = {
    "deletion": ("kubectl delete pod", deleted),
    "forced deletion": ("kubectl delete pod --force", lambda: deleted("--force", "--grace-period=0")),
    "cordon": ("kubectl cordon", cordoned),
}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, sys.argv[2:])
