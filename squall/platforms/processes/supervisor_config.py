"""supervisord's configuration for the processes. Pure."""

import shlex
from collections.abc import Iterable

from squall.platforms.processes.programs import PlannedProcess
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.process.python import module_command

# A process that runs for this long (s) is up; when it ends after that it is started anew at once, however often.
START_SECONDS = 1
# One that ends sooner is started again after a pause that grows by a second each time. After so many of those in a
# row supervisord gives it up for good (FATAL), which no orchestrator would do: the number is out of reach.
START_RETRIES = 1000

DAEMON = """\
[supervisord]
nodaemon = true
silent = true
nocleanup = true
minfds = 256
logfile = {log}
logfile_maxbytes = 0
pidfile = {folder}/supervisord.pid

[unix_http_server]
file = {socket}
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command = {command}
autostart = false
autorestart = true
startsecs = {start_seconds}
startretries = {start_retries}
stopsignal = {signal}
stopwaitsecs = {grace}
killasgroup = true
redirect_stderr = true
stdout_logfile = {log}
stdout_logfile_maxbytes = 1MB
stdout_logfile_backups = 0
"""


def configuration(state: InstanceFolder, processes: Iterable[PlannedProcess]) -> str:
    """Return supervisord's configuration file."""
    daemon = DAEMON.format(folder=_text(state.path), socket=_text(state.socket), log=_text(state.log("supervisor")))
    return daemon + "".join(_program(state, process) for process in processes)


def _program(state: InstanceFolder, process: PlannedProcess) -> str:
    launch = module_command("squall.platforms.processes.launch", state.spec(process.name))
    return PROGRAM.format(
        name=process.name,
        command=_text(shlex.join(launch)),
        signal=process.signal,
        grace=max(1, round(process.grace)),
        log=_text(state.log(process.name)),
        start_seconds=START_SECONDS,
        start_retries=START_RETRIES,
    )


def _text(value: object) -> str:
    # supervisord reads %(...)s in its values.
    return str(value).replace("%", "%%")
