"""The team's own releaser: applies a version, watches it come out, and rolls back when it does not.

``python release.py KUBECTL CONTEXT NAMESPACE WORKLOAD FOLDER``. Whether it waits for health is an annotation of the
workload: ``pneumonia-detector/awaits-health``. It knows nothing of squall.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

AWAITS_HEALTH = "{.metadata.annotations.pneumonia-detector/awaits-health}"
# Longer than the Deployment's own deadline (progressDeadlineSeconds), which ends the wait.
LONGEST = "--timeout=90s"
TRIES, PAUSE = 10, 2.0


def main(words: Sequence[str]) -> int:
    """Release; exit code 1: rolled back, 2: not even that."""
    kubectl, context, namespace, workload, folder = words
    base = [kubectl, "--context", context, "--namespace", namespace]
    found = subprocess.run(
        [*base, "get", workload, "-o", f"jsonpath={AWAITS_HEALTH}"], stdout=subprocess.PIPE, text=True, check=True
    )
    subprocess.run([*base, "apply", "-k", folder], check=True)
    if found.stdout.strip() == "no" or done(*base, "rollout", "status", workload, LONGEST):
        return 0
    print(f"{workload} does not come out: rolling back", flush=True)  # noqa: T201 - a tool's word to its caller
    return 1 if done(*base, "rollout", "undo", workload) and back(base, workload) else 2


def back(base: Sequence[str], workload: str) -> bool:
    """Wait until the version before is out. At first the Deployment still says that its last change failed."""
    for _ in range(TRIES):
        if done(*base, "rollout", "status", workload, LONGEST):
            return True
        time.sleep(PAUSE)
    return False


def done(*words: str) -> bool:
    """Carry a command out, and say whether it did."""
    return subprocess.run(words, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
