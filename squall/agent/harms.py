"""The harms that an agent knows, by the name that orders call them."""

from collections.abc import Mapping

from squall.agent.answers import Answers
from squall.agent.cpu import Cpu
from squall.agent.disk import Disk
from squall.agent.freeze import Freeze
from squall.agent.gates import Gates
from squall.agent.harm import Harm
from squall.agent.kill import Kill, Stop
from squall.agent.memory import Memory
from squall.agent.packets import Packets
from squall.agent.partition import partition
from squall.agent.proxied import DOOR
from squall.agent.proxy.mood import ERRORS, RESET, SILENT, SLOW
from squall.agent.resolution import resolution
from squall.agent.unreachable import unreachable

# A gate that is watched and one that harms are the same, so that their proxies do not stand in a row.
_GATES = Gates()

HARMS: Mapping[str, Harm] = {
    "cpu": Cpu(),
    "disk": Disk(),
    "door": Answers(DOOR, _GATES),
    "errors": Answers(ERRORS, _GATES),
    "freeze": Freeze(),
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
