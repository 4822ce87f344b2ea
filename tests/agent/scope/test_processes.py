import pytest

from squall.agent.scope.processes import Process, belongs, main_process
from squall.agent.wire import Refused
from tests.agent.proc_folder import (
    CONTAINER,
    HOST,
    UID,
    V1,
    V1_CGROUPFS,
    V2,
    V2_RELATIVE,
    ProcFolder,
    in_container,
)


@pytest.mark.parametrize("form", [V1, V1_CGROUPFS, V2, V2_RELATIVE])
@pytest.mark.parametrize("container", [CONTAINER, CONTAINER[:12]])
def test_main_process_is_number_one_of_its_container(proc: ProcFolder, form: str, container: str) -> None:
    proc.add(1, HOST, "1")
    proc.add(40, in_container(form, container="cd" * 32), "40 1", started=1)
    proc.add(41, in_container(form), "41 1", started=777)
    proc.add(42, in_container(form), "42 7")
    assert main_process(proc.path, UID, container) == Process(41, 777)


def test_a_namespace_inside_the_container_is_not_its_main_process(proc: ProcFolder) -> None:
    proc.add(41, in_container(V2), "41 1", started=5)
    proc.add(50, in_container(V2) + "", "50 9 1", started=6)
    assert main_process(proc.path, UID, CONTAINER).pid == 41


def test_no_main_process_is_refused(proc: ProcFolder) -> None:
    proc.add(42, in_container(V2), "42 7")
    with pytest.raises(Refused, match="found: none"):
        main_process(proc.path, UID, CONTAINER)


PAUSE = in_container(V2, container="ee" * 32)
SIDECAR = in_container(V2, container="dd" * 32)


def test_in_a_shared_namespace_it_is_the_first_that_came_from_outside(proc: ProcFolder) -> None:
    proc.add(9, HOST, "9", started=1)
    proc.add(40, PAUSE, "40 1", started=10, parent=9, namespace="7")
    proc.add(41, in_container(V2), "41 8", started=20, parent=9, namespace="7")
    proc.add(42, in_container(V2), "42 9", started=21, parent=41, namespace="7")
    proc.add(43, in_container(V2), "43 10", started=15, parent=40, namespace="7")  # an orphan of the container
    proc.add(44, in_container(V2), "44 11", started=90, parent=9, namespace="7")  # kubectl exec
    proc.add(45, SIDECAR, "45 12", started=12, parent=9, namespace="7")
    assert main_process(proc.path, UID, CONTAINER) == Process(41, 20)
    assert main_process(proc.path, UID, "dd" * 6) == Process(45, 12)


def test_in_the_hosts_namespace_too(proc: ProcFolder) -> None:
    proc.add(9, HOST, "9", started=1)
    proc.add(41, in_container(V2), "41", started=20, parent=9)
    proc.add(42, in_container(V2), "42", started=20, parent=41)
    assert main_process(proc.path, UID, CONTAINER) == Process(41, 20)


def test_two_that_began_at_once_are_refused(proc: ProcFolder) -> None:
    proc.add(41, in_container(V2), "41", started=20)
    proc.add(42, in_container(V2), "42", started=20)
    with pytest.raises(Refused, match="found: 41, 42"):
        main_process(proc.path, UID, CONTAINER)


def test_a_namespace_of_its_own_without_number_one_is_refused(proc: ProcFolder) -> None:
    proc.add(40, PAUSE, "40 1", started=10, namespace="7")
    proc.add(42, in_container(V2), "42 7", namespace="8")
    with pytest.raises(Refused, match="found: none"):
        main_process(proc.path, UID, CONTAINER)


def test_two_main_processes_are_refused(proc: ProcFolder) -> None:
    proc.add(41, in_container(V2), "41 1")
    proc.add(42, in_container(V2), "42 1")
    with pytest.raises(Refused, match="found: 41, 42"):
        main_process(proc.path, UID, CONTAINER)


@pytest.mark.parametrize(
    "cgroup",
    [
        HOST,
        in_container(V2, uid="6f1c2d3e-0000-4111-8222-333344445556"),
        in_container(V2, uid=UID + "9"),
        in_container(V2, container="ba" * 32),
        in_container(V2, container="f" + CONTAINER[:-1]),
        "",
    ],
)
def test_other_pods_and_containers_do_not_belong(proc: ProcFolder, cgroup: str) -> None:
    proc.add(41, cgroup, "41 1")
    assert not belongs(proc.path, 41, UID, CONTAINER)


def test_a_process_that_has_gone_does_not_belong(proc: ProcFolder) -> None:
    assert not belongs(proc.path, 41, UID, CONTAINER)
