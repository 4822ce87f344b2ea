import random
import socket
from pathlib import Path

import pytest

from squall.errors import HarnessFailed
from squall.platforms.this_machine.ports import BLOCK, FIRST, HOST, LAST, Ports, listens


def test_two_at_once_share_no_port() -> None:
    first, second = Ports.reserve(20, random.Random(1)), Ports.reserve(20, random.Random(1))
    assert not set(first.numbers) & set(second.numbers)
    first.close()
    second.close()


def test_more_than_a_block_holds() -> None:
    ports = Ports.reserve(BLOCK + 5)
    assert len(set(ports.numbers)) == BLOCK + 5
    ports.close()


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    probe = Ports.reserve(3, random.Random(2))
    taken = probe.numbers[1]
    probe.close()
    with socket.create_server((HOST, taken)):
        again = Ports.reserve(3, random.Random(2))
        assert taken not in again.numbers
        assert listens(taken)
        again.close()
    assert not listens(taken)


def test_clients_do_not_get_these_ports() -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if low <= 1024:
        pytest.skip("clients get all ports here")
    assert low > LAST


def test_there_are_not_so_many() -> None:
    with pytest.raises(HarnessFailed, match="free ones are needed"):
        Ports.reserve(LAST - FIRST + 2)
