"""The harms that an agent knows, by the name that orders call them."""

from collections.abc import Mapping

from squall.agent.harms.answers import Answers
from squall.agent.harms.contract import Harm
from squall.agent.harms.cpu import Cpu
from squall.agent.harms.disk import Disk
from squall.agent.harms.freeze import FreezeOrder
from squall.agent.harms.kill import Kill, Stop
from squall.agent.harms.memory import Memory
from squall.agent.harms.packets import Packets
from squall.agent.harms.partition import partition
from squall.agent.harms.proxied import DOOR
from squall.agent.harms.redirects import Redirects
from squall.agent.harms.resolution import resolution
from squall.agent.harms.unreachable import unreachable
from squall.agent.proxy.behaviour import ERRORS, RESET, SILENT, SLOW

# A gate that is watched and one that harms are the same, so that their proxies do not stand in a row.
_GATES = Redirects()

HARMS: Mapping[str, Harm] = {
    "cpu": Cpu(),
    "disk": Disk(),
    "door": Answers(DOOR, _GATES),
    "errors": Answers(ERRORS, _GATES),
    "freeze": FreezeOrder(),
    "kill": Kill(),
    "memory": Memory(),
    "partition": Packets(partition),
    "reset": Answers(RESET, _GATES),
    "resolution": Packets(resolution),
    "silent": Answers(SILENT, _GATES),
    "slow": Answers(SLOW, _GATES),
    "stop": Stop(),
    "unreachable": Packets(unreachable),
}
