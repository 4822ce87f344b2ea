"""A redirect: a proxy in the network namespace of a target, and the NAT rules that lead new connections to it."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from squall.agent.harms.kubelet_probes import exempting_rules
from squall.agent.linux.addresses import Address
from squall.agent.linux.namespaces import Namespace
from squall.agent.linux.nft_table import ON_LEASE, Table

STARTED_WITHIN = 5.0
ANSWERS_WITHIN = 3.0
DRAINED_WITHIN = 3.0
ROOT = Path(__file__).parents[3]
# The proxy is found where this very agent is, whatever it was started as.
PROGRAM = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from squall.agent.proxy.process import main; main(sys.argv[1:])"
# Before kube-proxy's and a mesh's (-100).
BEFORE_OTHERS = -110
LED = "led"


class Redirect:
    """One target's redirect. Methods raise OSError."""

    def __init__(self, namespace: Namespace, table: Table, address: Address, ports: Sequence[int]) -> None:
        self._namespace, self.table, self._address, self._ports = namespace, table, address, ports
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int:
        """The proxy's process, 0 before it is started."""
        return 0 if self._process is None else self._process.pid

    def open(self, node: Sequence[Address], probed: Sequence[int]) -> None:
        """Start the proxy, then lead to it what is new; what the node probes passes by."""
        words = [sys.executable, "-I", "-S", "-c", PROGRAM, str(self._namespace.handle), str(os.getpid())]
        words += [str(self._address), str(self._ports[0])]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[self._namespace.handle]
        )
        self.port = int(self._heard(STARTED_WITHIN)["port"])
        ports = f"{{ {', '.join(map(str, self._ports))} }}"
        lines = [ON_LEASE, "iif lo accept", *exempting_rules(node, probed)]
        # Only what begins: connection tracking takes the next packet of an established one for a new one.
        begins = "tcp flags & (fin | syn | rst | ack) == syn"
        lines.append(f"{begins} tcp dport {ports} counter name {LED} redirect to :{self.port}")
        chain = "\n".join(lines)
        self.table.load(
            f"counter {LED} {{ }}\n"
            f"chain arriving {{ type nat hook prerouting priority {BEFORE_OTHERS}; policy accept;\n{chain}\n}}"
        )

    def ask(self, do: str, within: float = ANSWERS_WITHIN, **order: Any) -> Mapping[str, Any]:
        """Give the proxy an order, and return its answer."""
        process = self._process
        if process is None or process.stdin is None or process.poll() is not None:
            raise OSError("the proxy is gone")
        process.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
        process.stdin.flush()
        answer = self._heard(within)
        if "refused" in answer:
            raise OSError(f"the proxy: {answer['refused']}")
        return answer

    def counts(self) -> Mapping[str, Any]:
        """Return the proxy's totals."""
        counts: Mapping[str, Any] = self.ask("counts")["counts"]
        return counts

    def shut(self) -> str:
        """Lead nothing more to it, let what is in it come to its end, and take all away. Says what became of it."""
        # The rules stay without effect until the last connection has ended: their going ends the translation too.
        if self.table.exists():
            self.table.suspend()
        try:
            done = self.ask("drain", DRAINED_WITHIN + ANSWERS_WITHIN, over=DRAINED_WITHIN)
            said = f"{done['closed']} connections drained, {done['reset']} reset"
        except OSError as error:
            said = str(error)
        self.table.remove()
        self.stop()
        return said

    def stop(self) -> None:
        """End the proxy."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                # What it was told in the moment of its end cannot be flushed any more.
                with suppress(OSError):
                    stream.close()
        self._process = None

    def _heard(self, within: float) -> Mapping[str, Any]:
        process = self._process
        assert process is not None  # noqa: S101 - asked by methods that have started it
        assert process.stdout is not None  # noqa: S101
        line, deadline = b"", time.monotonic() + within
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise OSError("the proxy is gone" if ready else f"the proxy does not answer within {within:g} s")
            line += piece
        answer: Mapping[str, Any] = json.loads(line)
        return answer
