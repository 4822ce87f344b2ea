"""The agent's command line: ``serve`` carries orders out beside their targets, ``relay`` joins a stream to it.

``recover`` undoes what dead agents left in the journal's folder, and serves nobody; ``expire`` reverts what a run left
active in the API.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from squall.agent.expiry import expiry
from squall.agent.harms.registry import ORDERS
from squall.agent.scope.docker import Daemon
from squall.agent.scope.docker_scope import Containers
from squall.agent.scope.processes import Process, start
from squall.agent.scope.scope import Family, Pods, Scope
from squall.agent.service import relay, server
from squall.agent.service.recovery import recover

SOCKET = Path("/run/squall/agent.sock")
JOURNAL = Path("/var/lib/squall")
# With the host's PID namespace, process 1 is the node's: its root is the node's file system.
LOGS = Path("/proc/1/root/var/log/pods")


def main(words: Sequence[str]) -> int:
    """Run one of the two; the exit code is 0 when it ended as it should."""
    given = _parser().parse_args(words)
    if given.what == "relay":
        return relay.join(given.socket, given.patience)
    if given.what == "expire":
        return expiry.main(given.of, given.under, given.paths, given.released)
    if given.what == "recover":
        return _recover(given.journal)
    return server.serve(_scope(given), given.socket, given.journal, given.lease)


def _scope(given: argparse.Namespace) -> Scope:
    if given.docker is not None:
        return Containers(given.run, given.proc, Daemon(given.docker))
    if given.family is None:
        return Pods(given.run, frozenset(given.namespace), given.proc, given.logs)
    began = start(given.proc, given.family)
    return Family(given.run, given.proc, Process(given.family, -1 if began is None else began))


def _recover(journals: Path) -> int:
    """Say what was undone. Returns 1 if something is left."""
    proofs = recover(journals, journals / "none", ORDERS)
    for proof in proofs:
        sys.stdout.write(f"{proof}\n")
    return 1 if any(journals.glob("*.jsonl")) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="squall-agent")
    what = parser.add_subparsers(dest="what", required=True)
    serve = what.add_parser("serve", help="listen, and carry orders out")
    serve.add_argument("--run", required=True, help="the run whose orders are taken")
    serve.add_argument("--namespace", action="append", default=[], help="a namespace whose pods may be harmed")
    serve.add_argument("--family", type=int, help="the process whose descendants may be harmed, instead of pods")
    serve.add_argument("--docker", type=Path, help="the daemon whose containers of the run may be harmed, instead")
    serve.add_argument("--lease", type=float, default=15.0, help="seconds without a word after which it ends")
    serve.add_argument("--proc", type=Path, default=Path("/proc"))
    serve.add_argument("--logs", type=Path, default=LOGS, help="the kubelet's folder of pod logs")
    join = what.add_parser("relay", help="copy stdin to the agent's socket and its answers to stdout")
    join.add_argument("--patience", type=float, default=5.0, help="seconds to wait for the socket")
    mend = what.add_parser("recover", help="undo what dead agents left")
    end = what.add_parser("expire", help="revert a run's harms in the API, at their time or when it is silent")
    end.add_argument("--of", required=True, help="the run")
    end.add_argument("--under", required=True, metavar="PATH", help="the run's lease")
    end.add_argument("--released", action="append", default=[], metavar="PATH=HASH=NUMBER",
                     help="a Deployment that it may have released, with its version before")  # fmt: skip
    end.add_argument("paths", nargs="*", help="objects that it may hold, by their paths in the API")
    for each in (serve, mend):
        each.add_argument("--journal", type=Path, default=JOURNAL, help="folder that outlives the agent")
    for each in (serve, join):
        each.add_argument("--socket", type=Path, default=SOCKET)
    return parser
