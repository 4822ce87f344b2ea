"""The harms that a cluster can do to its own objects, as a platform offers them: those of the files of some folders."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from squall.errors import Misuse
from squall.platforms.kubernetes.access.rights import Grant
from squall.platforms.kubernetes.api.labels import ALLOWED
from squall.platforms.kubernetes.api.paths import NODES
from squall.platforms.kubernetes.expiry import Expiring, MarksObjects
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.registry import EVERYWHERE, harms_in
from squall.platforms.kubernetes.objects.nodes import consents, of_control_plane
from squall.platforms.object_harms import ObjectHarm, ObjectOrder


class ApiHarms:
    """Offers ObjectHarms. The platform that has it sets ``harm_context``, and may add to ``harm_folders``."""

    harm_folders: ClassVar[tuple[str, ...]] = (EVERYWHERE,)
    harm_context: HarmContext

    def workers(self) -> Collection[str]:
        """Return the nodes without the control plane's, and, where others may run on them, those that allow it.

        Raises:
            Misuse: none does.
        """
        there = [node for node in self.harm_context.api.items(NODES) if not of_control_plane(node)]
        willing = [node for node in there if consents(node)] if self.harm_context.asks_nodes else there
        if there and not willing:
            raise Misuse(
                f"no node of {self.harm_context.api.context} allows to be harmed, and others may run on it: "
                f"kubectl --context {self.harm_context.api.context} label node NODE {ALLOWED}=true"
            )
        return [str(node["metadata"]["name"]) for node in willing]

    @classmethod
    def object_harms(cls) -> Collection[str]:
        """Return the faults that a file of the folders carries out."""
        return harms_in(*cls.harm_folders).keys()

    @classmethod
    def grants(cls) -> Mapping[str, Grant]:
        """Return the rights that each of them needs, by the fault."""
        return {fault: harm.grant for fault, harm in harms_in(*cls.harm_folders).items()}

    def object_harm(self, order: ObjectOrder) -> ObjectHarm:
        """Return the harm; what leaves marks also ends by itself in the cluster, if this platform has an expiry."""
        if (found := harms_in(*self.harm_folders).get(order.fault)) is None:
            raise Misuse(f"nothing carries out {order.fault} here (known: {', '.join(self.object_harms())})")
        harm, expiry = found.aimed(self.harm_context, order), self.harm_context.expiry
        return Expiring(harm, expiry) if expiry is not None and isinstance(harm, MarksObjects) else harm
