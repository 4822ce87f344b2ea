"""The pod in which an agent runs: one for a node and a run, in the namespace of squall's own."""

from collections.abc import Sequence
from http import HTTPStatus

from squall.errors import Misuse
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import OURS, RUN, agent_name, label
from squall.platforms.kubernetes.api.paths import namespace as namespace_path
from squall.system.cluster import DIGEST

# The agent ends by its own lease long before; this ends it even if it hangs.
LONGEST = 3600
MENDS_WITHIN = 60
# A harm that lasts is ended within it: proxies drain, packet rules are taken out.
GRACE = 5
JOURNAL = "/var/lib/squall"
ENTRY = ("python3", "-I", "-S", "/opt/agent")
RELAY = (*ENTRY, "relay")

# What a pod of squall's has that is no agent.
SECCOMP: Object = {"seccompProfile": {"type": "RuntimeDefault"}}
UNPRIVILEGED: Object = {
    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True, "runAsUser": 10001,
    "capabilities": {"drop": ["ALL"]},
}  # fmt: skip

NAMESPACE: Object = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": OURS, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
}


def make_namespace(api: Api) -> None:
    """Make squall's namespace if it is not there; another run may do so at the same time."""
    if api.find(namespace_path(OURS)) is None:
        try:
            api.create("/api/v1/namespaces", NAMESPACE)
        except ApiFailed as error:
            if error.status != HTTPStatus.CONFLICT:
                raise


def pull_policy(image: str) -> str:
    """Return when the kubelet may ask a registry for an image: never, unless the name says what is in it."""
    return "IfNotPresent" if DIGEST.search(image) else "Never"


def require(image: str) -> str:
    """Return the image. Raises Misuse: the system file names none."""
    if not image:
        raise Misuse(
            "squall's agent is root on the nodes: platforms.kubernetes.agent in system.yaml must name its image by "
            "digest (NAME@sha256:...)"
        )
    return image


def agent_pod(run: str, node: str, namespace: str, image: str) -> Object:
    """Return the pod of a run's agent on a node; it may harm pods of ``namespace`` alone.

    Privileged and with the host's PID namespace, for it signals processes of other containers. It has no token, and
    is restarted only if it fails: an orderly end is the end.
    """
    words = [*ENTRY, "serve", "--run", run, "--namespace", namespace, "--journal", JOURNAL]
    return _pod(agent_name(run, node), run, node, words, image, "OnFailure", LONGEST)


def mending_pod(run: str, node: str, image: str) -> Object:
    """Return the pod that undoes what dead agents left on a node, once."""
    name = agent_name(run, node).replace("agent-", "mending-", 1)
    return _pod(name, run, node, [*ENTRY, "recover", "--journal", JOURNAL], image, "Never", MENDS_WITHIN)


def _pod(name: str, run: str, node: str, words: Sequence[str], image: str, restart: str, longest: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": OURS,
            "labels": {RUN: label(run), "app.kubernetes.io/name": "squall-agent"},
        },
        "spec": {
            "nodeName": node,
            "hostPID": True,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": restart,
            "activeDeadlineSeconds": longest,
            "terminationGracePeriodSeconds": GRACE,
            "tolerations": [{"operator": "Exists"}],
            "containers": [
                {
                    "name": "agent",
                    "image": image,
                    "imagePullPolicy": pull_policy(image),
                    "command": list(words),
                    "securityContext": {"privileged": True},
                    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "96Mi"}},
                    "volumeMounts": [{"name": "journal", "mountPath": JOURNAL}],
                }
            ],
            "volumes": [{"name": "journal", "hostPath": {"path": JOURNAL, "type": "DirectoryOrCreate"}}],
        },
    }
