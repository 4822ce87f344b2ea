"""A table of packet rules (nftables) of our own in a network namespace, on a lease that the kernel itself ends.

All its rules hold only while the elements of its set ``lease`` live. These have a timeout, and the agent renews
them; if it cannot, the rules do nothing any more, whoever is left to take them away.
"""

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from squall.agent.linux.namespaces import Namespace

LEASE = 15.0
RENEW_EVERY = 5.0
NFT_WITHIN = 5.0
OURS = "squall_"
# Before connection tracking (-200), so that nothing is remembered of what is dropped.
FIRST = -310
# The first rule of each chain.
ON_LEASE = "meta nfproto != @lease accept"


class Table:
    """One table, by its name. Methods raise OSError if the kernel refuses."""

    def __init__(self, namespace: Namespace, name: str) -> None:
        self._namespace, self.name = namespace, name
        self._rules: Sequence[Any] = ()
        self.lapsed = False

    def load(self, body: str) -> None:
        """Make it, with counters, sets and chains as ``body`` says them in nft's language. Refused if it is there."""
        self.run(
            f"create table inet {self.name}\n"
            f"table inet {self.name} {{\n"
            f"set lease {{ typeof meta nfproto; flags timeout; elements = {{ {_leased()} }}; }}\n"
            f"{body}\n}}\n"
        )
        self._rules = _rules(self._listed())

    def renew(self) -> None:
        """Renew the lease. If it has run out, or the table is gone, it has lapsed and stays so."""
        # Deleting what is not there any more fails, and with it the whole transaction.
        renewed = f"delete element inet {self.name} lease {{ ipv4, ipv6 }}\n"
        renewed += f"add element inet {self.name} lease {{ {_leased()} }}\n"
        try:
            self.run(renewed)
        except OSError:
            self.lapsed = True

    def suspend(self) -> None:
        """Let the rules have no effect from now on, without taking them away."""
        self.run(f"flush set inet {self.name} lease\n")

    def counted(self) -> Mapping[str, int]:
        """Return how many packets each counter has counted."""
        counters = (each["counter"] for each in self._listed() if "counter" in each)
        return {str(counter["name"]): int(counter["packets"]) for counter in counters}

    def changed(self) -> str:
        """Say how it is no longer what was made, or nothing."""
        if not self.exists():
            return f"the table {self.name} was removed"
        listed = self._listed()
        if _rules(listed) != self._rules:
            return f"the rules of the table {self.name} were changed"
        leased = any("set" in each and each["set"]["name"] == "lease" and each["set"].get("elem") for each in listed)
        return "" if leased and not self.lapsed else f"the lease of the table {self.name} ran out"

    def exists(self) -> bool:
        """Say whether it is there."""
        return self.name in tables(self._namespace)

    def remove(self) -> None:
        """Take it away, if it is there, and read that it is gone."""
        if self.exists():
            self.run(f"delete table inet {self.name}\n")
        if self.exists():
            raise OSError(f"the table {self.name} is still there")

    def run(self, text: str) -> None:
        """Carry out commands of nft as one transaction."""
        _nft(self._namespace, ["-f", "-"], text)

    def _listed(self) -> Sequence[Any]:
        listed: Sequence[Any] = json.loads(_nft(self._namespace, ["-j", "list", "table", "inet", self.name]))[
            "nftables"
        ]
        return listed


def name_of(run: str, seq: int, index: int) -> str:
    """Return the name of an order's table at one of its targets: no other run has it."""
    return f"{OURS}{hashlib.sha256(run.encode()).hexdigest()[:12]}_{seq}_{index}"


def tables(namespace: Namespace) -> list[str]:
    """Return the names of all tables that we could have made."""
    listed = json.loads(_nft(namespace, ["-j", "list", "tables"]))["nftables"]
    found = [each["table"] for each in listed if "table" in each]
    return [str(table["name"]) for table in found if table["family"] == "inet"]


def removed(proc: Path, network: int, name: str) -> str:
    """Remove a table that was written down, if it is there, and say what was read.

    Raises:
        OSError: it is still there.
        ValueError: it is none of squall's, whatever is written down.
    """
    if not name.startswith(OURS):
        raise ValueError(f"the table {name} is not one that squall makes")
    if (namespace := Namespace.found(proc, network)) is None:
        return f"the network of the table {name} is gone, and it with it"
    try:
        table = Table(namespace, name)
        was = table.exists()
        table.remove()
    finally:
        namespace.close()
    return f"the table {name} is gone" if was else f"the table {name} was not there"


def translating(namespace: Namespace) -> list[str]:
    """Return the tables of others by which arriving connections are led elsewhere."""
    listed = json.loads(_nft(namespace, ["-j", "list", "chains"]))["nftables"]
    chains = [each["chain"] for each in listed if "chain" in each]
    led = [chain for chain in chains if chain.get("type") == "nat" and chain.get("hook") == "prerouting"]
    return sorted({str(chain["table"]) for chain in led if not str(chain["table"]).startswith(OURS)})


def _leased() -> str:
    return f"ipv4 timeout {LEASE:.0f}s, ipv6 timeout {LEASE:.0f}s"


def _rules(listed: Sequence[Any]) -> Sequence[Any]:
    """Return chains and rules with their handles: what is made anew has others."""
    return [each for each in listed if "chain" in each or "rule" in each]


def _nft(namespace: Namespace, words: Sequence[str], given: str = "") -> str:
    def ask() -> "subprocess.CompletedProcess[str]":
        command = ["nft", *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=NFT_WITHIN, check=False)

    try:
        done = namespace.within(ask)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"nft {' '.join(words)}: no answer within {NFT_WITHIN:g} s") from error
    if done.returncode != 0:
        raise OSError(f"nft {' '.join(words)}: {(done.stderr.strip().splitlines() or ['failed'])[0]}")
    return done.stdout
