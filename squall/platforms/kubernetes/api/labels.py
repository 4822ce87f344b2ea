"""The mark that squall puts on what it makes in a cluster, and the names of such things."""

import hashlib
import re
from collections.abc import Sequence

# squall's own things (agents, what the cluster was tuned to) are in this namespace.
OURS = "squall"
RUN = "squall.dev/run"
# The label by which a namespace's owner says that it may be harmed.
ALLOWED = "squall.dev/allowed"


def label(run: str) -> str:
    """Return a run's name as a label's value (at most 63 of a few characters); a shortened one ends in a digest."""
    clean = re.sub(r"[^A-Za-z0-9._-]", "-", run).strip("-._")
    if clean == run and len(run) <= 63:
        return run
    return f"{clean[:52].strip('-._') or 'run'}-{_digest(run)}"


def agent_name(run: str, node: str) -> str:
    """Return the name of the agent pod of a run on a node, known before there is one."""
    return f"agent-{_digest(run)}-{_digest(node)}"


def probe_name(run: str, node: str) -> str:
    """Return the name of the pod by which a run asks for a node."""
    return f"probe-{_digest(run)}-{_digest(node)}"


def expiry_name(run: str, paths: Sequence[str]) -> str:
    """Return the name of the pod that ends what a run holds at these objects, if nobody else does."""
    return f"expiry-{_digest(run)}-{_digest(' '.join(paths))}"


def copy_name(run: str, secret: str, key: str) -> str:
    """Return the name of the Secret in which a run keeps what a key of another held."""
    return f"kept-{_digest(run)}-{_digest(f'{secret} {key}')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
