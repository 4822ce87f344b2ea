"""From the order to the proof that a harm bit, for each fault of ``tests/crash``'s cases on kind, beside kubectl.

``python -m benchmarks.harm_onset [REPEATS]``: needs the cluster (make kind) for itself. What squall does before (an
agent put beside the target, the undo written down) is not counted, as kubectl's start is: both are there before a
person acts. kubectl is timed as a whole, as its user sees it; what it answers is no proof.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from statistics import median

from squall.assembly import platform
from squall.faults.fault import Fault, Lasting, Target
from squall.platforms.capability import Platform
from squall.platforms.kubernetes.kubectl import found
from squall.target import Instance
from squall.undo import perform
from tests.crash.cases import LASTS, Case, cases
from tests.platforms.echo_cluster import CONTEXT

NAMESPACE, NODE = "squall-test", "squall-worker2"


def main(repeats: int) -> None:
    print(f"from the order to the proof, in ms, {repeats} times each (median, all)")
    for name, case in cases().items():
        if case.platform == "kind":
            told(name.removeprefix("kind "), [harmed(case) for _ in range(repeats)])
    print("kubectl, whole command")
    told("kubectl delete pod --force", [deleted() for _ in range(repeats)])
    told("kubectl cordon", [cordoned() for _ in range(repeats)])


def told(name: str, times: list[float]) -> None:
    listed = " ".join(f"{1000 * each:.0f}" for each in times)
    print(f"  {name:28} {1000 * median(times):8.1f}   ({listed})", flush=True)


def harmed(case: Case) -> float:
    """Return how long one harm took, from a fresh system; it is undone before this returns."""
    fault = case.harm(LASTS)
    assert isinstance(fault, Fault), "a harm that is composed has no one proof"
    with closing(platform(case.platform, case.system(), case.context)) as on:
        run = f"bench-{time.time_ns()}"
        lease = on.claim_run(run)
        undo = []
        try:
            on.deploy((), lambda text: None)
            target = Target(on, chosen(on, fault), run)
            undo = list(fault.plan(target))
            fault.prepare(target)
            began = time.monotonic()
            proofs = fault.inject(target)
            took = time.monotonic() - began
            assert all(proof.proven for proof in proofs), proofs
            if isinstance(fault, Lasting) and fault.lasts:
                fault.end(target)
        finally:
            for entry in reversed([lease, *undo]):
                perform(entry)
        return took


def chosen(on: Platform, fault: Fault) -> Sequence[Instance]:
    instances = on.instances(fault.service)
    assert instances, "the benchmark's system has no instances"
    return instances[:1]


def deleted() -> float:
    name = kubectl("get", "pods", "-n", NAMESPACE, "-o", "jsonpath={.items[0].metadata.name}")[0]
    took = kubectl("delete", "pod", name, "-n", NAMESPACE, "--force", "--grace-period=0")[1]
    kubectl("rollout", "status", "deployment/echo", "-n", NAMESPACE, "--timeout=60s")
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
