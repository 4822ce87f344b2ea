"""Every undo there is: importing this module registers what each platform knows to take back."""

import squall.platforms.containers.undoing
import squall.platforms.kind_api_server
import squall.platforms.kind_machines
import squall.platforms.kubernetes.agent_undo
import squall.platforms.kubernetes.expiry
import squall.platforms.kubernetes.harms.outage
import squall.platforms.kubernetes.marking
import squall.platforms.kubernetes.releasing
import squall.platforms.kubernetes.rotating_back
import squall.platforms.kubernetes.undoing
import squall.platforms.processes.agent
import squall.platforms.processes.deletion
import squall.platforms.processes.releasing
import squall.platforms.processes.undoing
import squall.platforms.stores.undoing
import squall.silence  # noqa: F401 - all register on import
