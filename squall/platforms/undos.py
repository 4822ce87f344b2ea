"""Every undo there is: importing this module registers what each platform knows to take back."""

import squall.platforms.alertmanager
import squall.platforms.containers.undo
import squall.platforms.kind.harms.api_server_freeze
import squall.platforms.kind.harms.machine
import squall.platforms.kubernetes.agents.undo
import squall.platforms.kubernetes.expiry
import squall.platforms.kubernetes.harms.outage
import squall.platforms.kubernetes.harms.release
import squall.platforms.kubernetes.harms.rotation_undo
import squall.platforms.kubernetes.marks.apply
import squall.platforms.kubernetes.undo
import squall.platforms.processes.deletion
import squall.platforms.processes.release
import squall.platforms.processes.undo
import squall.platforms.stores.undo
import squall.platforms.this_machine.agent
import squall.platforms.this_machine.file_lease  # noqa: F401 - all register on import
