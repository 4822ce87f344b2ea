"""Policies that hold squall's accounts to what squall does with their rights, for an administrator to apply. Pure.

RBAC lets whoever may make pods in a namespace for privileged ones make any: each such pod is root on its node. The
policies admit of an account only squall's own pods (these images, these words) and only the agent's own program in
them; and of a node only the change that a cordon is. (ValidatingAdmissionPolicy, Kubernetes 1.30.)
"""

import json
from collections.abc import Iterable, Iterator, Sequence

from squall.platforms.kubernetes.agents.pod import ENTRY, JOURNAL, RELAY
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.labels import OURS

_GROUP = "admissionregistration.k8s.io"
_PRIVILEGED = "c.?securityContext.?privileged.orValue(false)"
_HOST_PID = "object.spec.?hostPID.orValue(false)"
_ACCOUNT = "object.spec.?serviceAccountName.orValue('default')"


def pod_policies(account: str, expiry: str, images: Sequence[str], namespaces: Sequence[str]) -> Iterator[Object]:
    """Yield what holds an account of squall's namespace to squall's own pods, and what it runs in them.

    ``expiry`` is the expiry's account, ``images`` are those of squall's pods, ``namespaces`` those of the systems.
    """
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": OURS}}}
    pods = _of_pods(expiry, images, namespaces)
    yield from _policy(f"{account}-pods", [account], _rule("pods", "CREATE"), pods, here)
    yield from _policy(f"{account}-exec", [account], _rule("pods/exec", "CONNECT"), _of_exec(), here)


def node_policies(account: str, expiry: str) -> Iterator[Object]:
    """Yield what holds both accounts, of all that they might change of nodes, to a cordon and its mark."""
    yield from _policy(f"{account}-nodes", [account, expiry], _rule("nodes", "UPDATE"), _of_nodes(), {})


def _of_pods(expiry: str, images: Sequence[str], namespaces: Sequence[str]) -> Iterator[tuple[str, str]]:
    entry = " && ".join(f"c.command[{at}] == {_text(word)}" for at, word in enumerate(ENTRY))
    first = len(ENTRY)
    allowed = f"c.command[{first + 3}] == '--namespace' && c.command[{first + 4}] in {_texts(namespaces)}"
    serves = f"(c.command[{first}] == 'serve' && {allowed})"
    agent = f"c.command.size() > {first} && {entry} && ({serves} || c.command[{first}] == 'recover')"
    expires = f"c.command.size() > {first} && {entry} && c.command[{first}] == 'expire'"
    each = "object.spec.containers.all"
    yield f"{each}(c, c.image in {_texts(images)})", "its image is not squall's"
    yield "object.spec.?initContainers.orValue([]).size() == 0", "it has containers that squall's pods have not"
    unset = " && ".join(f"!has(c.{name})" for name in ("args", "env", "envFrom", "lifecycle", "livenessProbe"))
    yield f"{each}(c, {unset} && !has(c.startupProbe))", "it runs more than squall's own program"
    yield (
        (f"{each}(c, !has(c.readinessProbe) || c.readinessProbe.?exec.?command.orValue([''])[0] == 'test')"),
        "its readiness is another's than squall's",
    )
    host = "!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostIPC.orValue(false)"
    yield host, "it is in the host's network"
    yield (
        (
            "object.spec.?volumes.orValue([]).all(v, has(v.emptyDir) || has(v.projected) || "
            f"(has(v.hostPath) && v.hostPath.path == {_text(JOURNAL)}))"
        ),
        "it mounts what is not squall's",
    )
    yield f"{each}(c, !({_PRIVILEGED} || {_HOST_PID}) || ({agent}))", "only an agent of an allowed system is privileged"
    yield f"{_ACCOUNT} in {_texts(['default', expiry])}", "it acts as an account that is not squall's"
    yield (
        (f"{_ACCOUNT} != {_text(expiry)} || (!{_HOST_PID} && {each}(c, !{_PRIVILEGED} && {expires}))"),
        "only the expiry acts as its account",
    )


def _of_exec() -> Iterator[tuple[str, str]]:
    yield f"object.command == {_texts(RELAY)}", "only the agent's own relay is run in its pods"


def _of_nodes() -> Iterator[tuple[str, str]]:
    for field in ("metadata.?labels", "spec.?taints", "spec.?providerID", "metadata.?finalizers"):
        yield f"object.{field} == oldObject.{field}", "of a node only its cordon and squall's mark are changed"


def _policy(
    name: str, accounts: Sequence[str], rule: Object, validations: Iterable[tuple[str, str]], where: Object
) -> Iterator[Object]:
    users = [f"system:serviceaccount:{OURS}:{account}" for account in accounts]
    yield {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": f"squall-{name}"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule], **where},
            "matchConditions": [{"name": "squall", "expression": f"request.userInfo.username in {_texts(users)}"}],
            "validations": [{"expression": each, "message": f"squall: {message}"} for each, message in validations],
        },
    }
    yield {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": f"squall-{name}"},
        "spec": {"policyName": f"squall-{name}", "validationActions": ["Deny"]},
    }


def _rule(resource: str, operation: str) -> Object:
    return {"apiGroups": [""], "apiVersions": ["v1"], "operations": [operation], "resources": [resource]}


def _text(word: str) -> str:
    """Return a text as CEL writes it: as JSON does."""
    return json.dumps(word)


def _texts(words: Iterable[str]) -> str:
    return json.dumps([*words])
