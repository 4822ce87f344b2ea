"""The images of squall's own pods: what is root on a node is never what somebody else has published."""

from collections.abc import Callable

import pytest

from squall.errors import Misuse
from squall.platforms.capability import Deletes, Host, Need, Network
from squall.platforms.kind.platform import Kind
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.access.permissions import Permissions
from squall.platforms.kubernetes.agents.pod import agent_pod, mending_pod
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.expiry import ClusterExpiry, HeldObjects, expiry_pod
from squall.platforms.kubernetes.harms.refusal import probe_pod
from squall.system.cluster import UNPUBLISHED, AllowedCluster
from squall.testing.platform import VirtualClock
from tests.platforms.conftest import Served
from tests.platforms.echo_cluster import SYSTEM

DIGEST = f"registry.example.org/squall/agent:1@sha256:{'0a' * 32}"
NODE: Object = {"metadata": {"name": "worker", "uid": "u"}, "spec": {}}
PODS: dict[str, Callable[[str], Object]] = {
    "agent": lambda image: agent_pod("run", "worker", "web", image),
    "mending": lambda image: mending_pod("run", "worker", image),
    "probe": lambda image: probe_pod("run", NODE, image),
    "expiry": lambda image: expiry_pod("x", "run", HeldObjects(), image, "/lease"),
}


@pytest.mark.parametrize("name", PODS)
@pytest.mark.parametrize(
    ("image", "policy"),
    [
        (UNPUBLISHED, "Never"),
        ("squall/agent:dev", "Never"),
        ("registry.example.org/agent:latest", "Never"),
        (f"{DIGEST}0", "Never"),
        (DIGEST, "IfNotPresent"),
    ],
)
def test_a_registry_is_asked_only_for_what_has_a_digest(name: str, image: str, policy: str) -> None:
    """H4: a node without the image pulled docker.io/squall/agent:dev, and whoever owns that name was root there."""
    (container,) = PODS[name](image)["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == (image, policy)


def test_no_registry_can_have_the_image_that_is_built_here() -> None:
    assert UNPUBLISHED.startswith("localhost/")


@pytest.mark.parametrize("name", ["probe", "expiry"])
def test_what_is_no_agent_has_nothing_that_an_agent_has(name: str) -> None:
    spec = PODS[name](UNPUBLISHED)["spec"]
    assert spec["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    own = spec["containers"][0]["securityContext"]
    assert own["runAsNonRoot"]
    assert not own["allowPrivilegeEscalation"]
    assert own["capabilities"] == {"drop": ["ALL"]}


def elsewhere(**told: str) -> AllowedCluster:
    services = {"echo": {"workload": "deployment/echo"}}
    said = {"namespace": "web", "url": "https://web.example.org", "services": services, **told}
    return AllowedCluster.model_validate(said)


@pytest.mark.parametrize("capability", [Host, Network])
def test_without_an_image_no_agent_is_started_on_another_s_nodes(served: Served, capability: type) -> None:
    permissions = Permissions(served.api, Kubectl(""), SYSTEM, elsewhere(), Kind.grants(), False)
    with pytest.raises(Misuse, match=r"platforms.kubernetes.agent in system.yaml must name its image by digest"):
        permissions.absent(Need(capability))
    assert permissions.absent(Need(Deletes)) == ""
    assert served.script.asked == []


def test_without_an_image_nothing_is_held_that_would_not_end(served: Served) -> None:
    with pytest.raises(Misuse, match="must name its image by digest"):
        ClusterExpiry(served.api, VirtualClock(), elsewhere().agent, "/lease").check()


@pytest.mark.parametrize("image", ["squall/agent:dev", "registry.example.org/agent:1", "a@sha256:0", ""])
def test_an_image_elsewhere_is_known_by_its_digest(image: str) -> None:
    assert elsewhere(agent=DIGEST).agent == DIGEST
    with pytest.raises(ValueError, match="names no content: write the image's digest"):
        elsewhere(agent=image)
