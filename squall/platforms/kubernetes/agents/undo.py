"""Taking an agent away, and with it all that it holds, from any process.

It is told to go, and answers with what it undid. If it does not answer, its pod is removed, and a pod in its place
undoes what its journal says is still active.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from squall.clock import SYSTEM
from squall.errors import NotUndone, SquallError
from squall.platforms.agent_link.stream import AgentStream
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.agents.pod import RELAY, mending_pod
from squall.platforms.kubernetes.api.arguments import OfPod
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.cluster_undo import Args, cluster_undo, undoes_in_cluster
from squall.platforms.kubernetes.api.labels import OURS, RUN, label
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.undo import LOOK_EVERY, await_gone
from squall.safety.arguments import Name
from squall.safety.undo_log import Undo
from squall.system.cluster import UNPUBLISHED
from squall.system.system import systems_here

AGENT = "kubernetes.agent"
ANSWERS_WITHIN = 5.0
MENDED_WITHIN = 40.0


def agent_undo(api: Api, namespace: str, name: str, node: str, run: str, image: str) -> Undo:
    """Return the entry for an agent that a run is going to start on a node, and all that it will hold."""
    where = {"namespace": namespace, "name": name, "node": node}
    return cluster_undo(api, AGENT, f"the agent on {node} of {api.context}", **where, run=run, image=image)


class AgentArguments(OfPod):
    """An agent's pod, its node, and the image by which what it left can be undone."""

    node: Name
    image: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._:/@-]{0,500})?$")] = UNPUBLISHED

    def refuse_foreign(self) -> None:
        """Start no privileged pod of another image than this project's own."""
        super().refuse_foreign()
        own = {cluster.agent for system in systems_here() for cluster in system.platforms.clusters().values()}
        if self.namespace != OURS or self.image not in {"", UNPUBLISHED, *own}:
            raise ValueError(f"no scenarios/*/system.yaml here names the agent's image {self.image}")


@undoes_in_cluster(AGENT, "ending the agent on {node}", AgentArguments)
def end_agent(api: Api, args: Args) -> str:
    """End the agent if it is the run's, prove that nothing of what it held is left, and that its pod is gone."""
    path, about = within(args["namespace"], "pod", args["name"]), f"the agent on {args['node']}"
    if (pod := api.find(path)) is None:
        return f"{about} is not there"
    if (pod["metadata"].get("labels") or {}).get(RUN) != label(args["run"]):
        return f"{args['name']} is not of this run: left alone"
    kubectl = Kubectl(api.context, api.frozen.path)
    released, began, uid = _told(kubectl, args), SYSTEM.now(), str(pod["metadata"]["uid"])
    api.remove(path, uid)
    await_gone(api, path, uid, about)
    took = f"its pod is gone after {SYSTEM.now() - began:.1f} s"
    if released is None:
        return f"{about} did not answer; {_mended(api, kubectl, args)}; {took}"
    return f"{about}: {'; '.join(released) or 'it held nothing any more'}; {took}"


def _told(kubectl: Kubectl, args: Args) -> Sequence[str] | None:
    """Tell the agent to go, and return what it undid; None if that is not known, or not all was undone."""
    words = ["exec", "-i", "-n", args["namespace"], args["name"], "--", *RELAY]
    stream = AgentStream(f"the agent on {args['node']}", args["run"], lambda: kubectl.open(words), SYSTEM)
    try:
        released = [str(proof) for proof in stream.ask("bye", ANSWERS_WITHIN)["released"]]
    except (SquallError, KeyError):
        return None
    finally:
        stream.close()
    return None if any(proof.startswith("not undone") for proof in released) else released


def _mended(api: Api, kubectl: Kubectl, args: Args) -> str:
    """Undo what the journals of dead agents on the node say, by a pod that is removed again."""
    namespace = args["namespace"]
    if not (image := args.get("image", UNPUBLISHED)):
        raise NotUndone(
            f"undoing what the agent on {args['node']} left: it did not answer, and no scenarios/*/system.yaml here "
            "names the image of the agent of its system: call squall undo in the project's folder"
        )
    body = mending_pod(args["run"], args["node"], image)
    name = body["metadata"]["name"]
    path = within(namespace, "pod", name)
    if (old := api.find(path)) is not None:
        api.remove(path, str(old["metadata"]["uid"]), 0)
        await_gone(api, path, str(old["metadata"]["uid"]), name)
    uid = str(api.create(within(namespace, "pod"), body)["metadata"]["uid"])
    try:
        phase, deadline = "", SYSTEM.now() + MENDED_WITHIN
        while phase not in {"Succeeded", "Failed"}:
            if SYSTEM.now() > deadline:
                raise NotUndone(f"undoing what the agent on {args['node']} left: no pod has run there to its end")
            SYSTEM.sleep(LOOK_EVERY)
            phase = str(api.get(path)["status"].get("phase"))
        said = "; ".join(kubectl.run("logs", "-n", namespace, name).split("\n")).strip("; ")
    finally:
        api.remove(path, uid, 0)
        await_gone(api, path, uid, name)
    if phase == "Failed":
        raise NotUndone(f"undoing what the agent on {args['node']} left: {said}")
    return f"its journal says: {said or 'nothing was active'}"
