"""Joins this process's stdin and stdout to the agent's socket: what the harness opens by exec and keeps open.

It knows nothing of what passes through. When either side ends, it ends; the agent does not.
"""

import os
import select
import socket
import sys
import time
from pathlib import Path


def join(path: Path, patience: float) -> int:
    """Copy both ways until one side ends. Returns 1 if the agent cannot be reached within ``patience`` seconds."""
    agent = _connected(path, time.monotonic() + patience)
    if agent is None:
        sys.stderr.write(f"squall-relay: no agent listens on {path}\n")
        return 1
    with agent:
        while True:
            ready, _, _ = select.select([0, agent.fileno()], [], [])
            if agent.fileno() in ready and not _copied(agent.recv(65536), 1):
                return 0
            if 0 in ready:
                piece = os.read(0, 65536)
                if not piece:
                    return 0
                agent.sendall(piece)


def _copied(piece: bytes, out: int) -> bool:
    view = memoryview(piece)
    while view:
        view = view[os.write(out, view) :]
    return bool(piece)


def _connected(path: Path, deadline: float) -> socket.socket | None:
    while True:
        agent = socket.socket(socket.AF_UNIX)
        try:
            agent.connect(str(path))
        except OSError:
            agent.close()
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)
        else:
            return agent
