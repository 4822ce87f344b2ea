"""What the agent costs: its memory and CPU while idle and while it proxies, and the latency that its proxy adds.

    python -m benchmarks.agent_cost [seconds]

Needs root, ip and nft. The agent is started as the platform local starts it, and opens a gate in front of a server in
a network namespace of its own, as on every platform with namespaces: the proxy runs there, and packets are led to it.
Requests of 500 a second go through the gate, and as many go past it in the same seconds: on connections that stood
before it (the gate is `for new connections`), to the same server, alternately. Latency is from the request's first
byte to the answer's last. Memory is what a control group of their own would be charged for the agent and its proxy:
the pages of each that are no file's, and those of files (the interpreter) once; beside it the sum of what each has
in RAM (RSS). CPU is their processor time over the time measured. Goals: under 40 MB, added p50 under 1 ms.
"""

import asyncio
import os
import socket
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.generator import describe, percentile, wait
from squall.agent.scope.processes import children
from squall.clock import SYSTEM
from squall.instances import Instance
from squall.platforms.this_machine.agent import Agent
from squall.platforms.this_machine.instance_folder import InstanceFolder
from tests.agent.networks import PORT, Networks, joined, target_of

RATE, CONNECTIONS = 500.0, 20
STANDS = 600.0
TICK = os.sysconf("SC_CLK_TCK")
ASK = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
SERVER = f"""
import asyncio, sys
class Answers(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.transport.write({ANSWER!r} * data.count(b"\\r\\n\\r\\n"))
async def main():
    await (await asyncio.get_running_loop().create_server(Answers, "0.0.0.0", {PORT})).serve_forever()
asyncio.run(main())
"""


@dataclass
class Lane(asyncio.Protocol):
    """One connection: one request after the other, and how long each took (s)."""

    took: list[float]
    late: list[int]
    _left: int = 0
    _sent: float = 0.0
    _transport: asyncio.Transport | None = field(default=None, repr=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self) -> None:
        """Send the next request; one before that is not answered makes it be left out and counted."""
        assert self._transport is not None
        if self._left:
            self.late[0] += 1
            return
        self._left, self._sent = len(ANSWER), SYSTEM.now()
        self._transport.write(ASK)

    def data_received(self, data: bytes) -> None:
        """Note when the answer is complete."""
        self._left -= len(data)
        if self._left == 0:
            self.took.append(SYSTEM.now() - self._sent)


@dataclass(frozen=True)
class Spent:
    """What processes have used of the machine by now: processor seconds, and bytes of memory."""

    cpu: float
    charged: int
    rss: int

    @classmethod
    def by(cls, agent: int) -> "Spent":
        """Read it of the agent and all that it started."""
        pids = [agent, *children(Path("/proc"), agent)]
        ticks = [sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) for pid in pids]
        rss, own = zip(*map(_memory, pids), strict=True)
        files = max(all_of_it - anonymous for all_of_it, anonymous in zip(rss, own, strict=True))
        return cls(sum(ticks) / TICK, sum(own) + files, sum(rss))


def _memory(pid: int) -> tuple[int, int]:
    """Return the bytes that a process has in RAM, and those of them that are no file's."""
    lines = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    sizes = {words[0]: int(words[1]) * 1024 for words in lines if words[-1] == "kB"}
    return sizes["Rss:"], sizes["Anonymous:"]


@contextmanager
def beside(networks: Networks) -> Iterator[tuple[Agent, int]]:
    """Yield the agent of this process's children, and its number."""
    state = InstanceFolder.new()
    state.make()
    agent = Agent(state, SYSTEM, lambda: ["--family", str(os.getpid())], lambda one: target_of(networks.children[0]))
    try:
        agent.start("bench")
        assert agent._process is not None  # noqa: SLF001
        yield agent, agent._process.pid  # noqa: SLF001
    finally:
        agent.close()
        state.remove()


async def traffic(through: Sequence[socket.socket], past: Sequence[socket.socket], seconds: float) -> list[list[float]]:
    """Ask at the rate on both kinds of connections, one after the other, and return how long each took."""
    loop, late = asyncio.get_running_loop(), [0]
    took: list[list[float]] = [[], []]
    lanes = [
        [(await loop.create_connection(partial(Lane, lane, late), sock=one))[1] for one in each]
        for lane, each in zip(took, (through, past), strict=True)
    ]
    began, count = SYSTEM.now(), int(seconds * RATE)
    for number in range(count):
        for kind, each in enumerate(lanes):
            await asyncio.sleep(began + (number + kind / 2) / RATE - SYSTEM.now())
            each[number % CONNECTIONS].ask()
    await asyncio.sleep(1)
    print(f"  {len(took[0])} and {len(took[1])} requests in {SYSTEM.now() - began - 1:.1f} s, {late[0]} left out, "
          f"for the one before on their connection was not answered")  # fmt: skip
    return took


def told(name: str, took: Sequence[float]) -> float:
    """Print a lane's latency, and return its median in ms."""
    ordered = sorted(1000 * each for each in took)
    print(f"  {name:9} p50 {statistics.median(ordered):.3f} ms, p95 {percentile(ordered, 95):.3f}, "
          f"p99 {percentile(ordered, 99):.3f}")  # fmt: skip
    return statistics.median(ordered)


def cost(name: str, before: Spent, after: Spent, seconds: float) -> None:
    """Print what was used between two moments."""
    print(f"{name}: {after.charged / 1e6:.1f} MB ({after.rss / 1e6:.1f} MB RSS), "
          f"{(after.cpu - before.cpu) / seconds:.1%} of a core", flush=True)  # fmt: skip


def main(seconds: float) -> None:
    print(describe())
    with joined() as networks:
        networks.start(networks.target, sys.executable, "-c", SERVER)
        networks.await_listening(networks.target, PORT)
        past = [networks.connect() for _ in range(CONNECTIONS)]
        with beside(networks) as (agent, pid):
            began = Spent.by(pid)
            wait(seconds)
            cost("idle", began, Spent.by(pid), seconds)
            one = Instance("server", "server-0", "", "here", ready=True)
            (proof,) = agent.harm("WatchCalls", [one], {"lasts": STANDS, "established": False})
            assert proof.proven, proof
            through = [networks.connect() for _ in range(CONNECTIONS)]
            began = Spent.by(pid)
            took = asyncio.run(traffic(through, past, seconds))
            cost(f"at {RATE:g} requests/s", began, Spent.by(pid), seconds + 1)
            (ending,) = agent.end("WatchCalls", [one])
            print(f"  {ending.how}")
            added = told("the gate", took[0]) - told("direct", took[1])
            print(f"  added p50 {added:.3f} ms")
    print(describe())


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
