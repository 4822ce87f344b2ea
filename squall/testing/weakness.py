"""What is wrong with a simulated system, and with how it is harmed."""

import math
from dataclasses import dataclass

from squall.instances import Ended


@dataclass
class Weakness:
    """What is wrong with the simulated system; the defaults are a healthy one."""

    restart: float = 3.0
    replicas: int = 3
    # How many nodes they are spread over.
    nodes: int = 1
    notices: float = 0.5
    immune: bool = False
    errors: float = 0.0
    latency: float = 0.02
    # How many calls of a dependency each request of the load makes, and whether they cannot be counted.
    calls: float = 1.0
    uncountable: bool = False
    # Whether the agents that count them do not answer any more.
    agents_gone: bool = False
    # How many requests a second it can answer; what comes beyond that fails.
    capacity: float = math.inf
    # Whether requests meant for a dead instance reach a living one.
    retries: bool = True
    comes_back: bool = True
    # After how many seconds the platform replaces an instance that stands still; never, if it does not see it.
    replaces: float = math.inf
    # For how many seconds nobody is reached after a harm in the way of calls is over.
    lingers: float = 0.0
    # Whether one that was asked for more than it can answer goes on failing at the usual rate.
    stays_overloaded: bool = False
    # How a harm that lasts comes to its end.
    ended: Ended = Ended.AS_STATED
    # For how long a harm to a store that is done in an instant is felt.
    store_gap: float = 0.0
    # How much is brought to each queue in a second.
    brought: float = 0.0
