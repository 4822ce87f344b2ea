"""The addresses that a network namespace has as its own, read from ``/proc/PID/net`` of a process in it."""

import ipaddress
import re
from pathlib import Path

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LEAF = re.compile(r"\|-- (\S+)")


def own(proc: Path, pid: int) -> list[Address]:
    """Return them without loopback and link-local ones, the fourth version's first."""
    found: dict[Address, None] = dict.fromkeys([*_fourth(proc / str(pid)), *_sixth(proc / str(pid))])
    return [each for each in found if not each.is_loopback and not each.is_link_local]


def _fourth(process: Path) -> list[Address]:
    """Read the routes: a local address is above a line that says so."""
    addresses, last = [], ""
    for line in _lines(process / "net/fib_trie"):
        if leaf := _LEAF.search(line):
            last = leaf.group(1)
        elif "/32 host LOCAL" in line and last:
            addresses.append(ipaddress.IPv4Address(last))
    return list(addresses)


def _sixth(process: Path) -> list[Address]:
    return [ipaddress.IPv6Address(int(line.split()[0], 16)) for line in _lines(process / "net/if_inet6")]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
