"""The harms that an agent knows, by the name that orders call them."""

from collections.abc import Mapping

from squall.agent.freeze import Freeze
from squall.agent.harm import Harm
from squall.agent.kill import Kill

HARMS: Mapping[str, Harm] = {"freeze": Freeze(), "kill": Kill()}
