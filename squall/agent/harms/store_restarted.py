"""The main process of a store is asked to stop in its own order; whoever keeps it starts it again."""

import signal
from collections.abc import Mapping
from typing import ClassVar

from squall.agent.harms.contract import Harm, Means
from squall.agent.harms.crash import SignalledProcesses, signalled
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# One that was asked to stop has things to do first.
STOPPED_WITHIN = 8.0
ASKED = {"INT": signal.SIGINT, "TERM": signal.SIGTERM}


class StoreRestartedOrder:
    """``{"do": "StoreRestarted", "targets": [...], "signal": "INT" or "TERM"}``."""

    needs: ClassVar = frozenset({Means.SIGNALS})

    def pin(self, order: Message, scope: Scope) -> SignalledProcesses:
        if (asked := ASKED.get(str(order["signal"]))) is None:
            raise Refused(f"nothing is asked to stop by {order['signal']!r}")
        return signalled(order, scope, asked, STOPPED_WITHIN)

    def undo(self, entry: Message) -> str:
        return f"what was asked to stop cannot be asked to go on ({len(entry['targets'])} processes)"


HARMS: Mapping[str, Harm] = {"StoreRestarted": StoreRestartedOrder()}
