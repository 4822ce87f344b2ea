"""The harms that an agent knows, by the name that orders call them."""

from collections.abc import Mapping

from squall.agent.freeze import Freeze
from squall.agent.harm import Harm
from squall.agent.kill import Kill
from squall.agent.packets import Packets
from squall.agent.partition import partition
from squall.agent.resolution import resolution
from squall.agent.unreachable import unreachable

HARMS: Mapping[str, Harm] = {
    "freeze": Freeze(),
    "kill": Kill(),
    "partition": Packets(partition),
    "resolution": Packets(resolution),
    "unreachable": Packets(unreachable),
}
