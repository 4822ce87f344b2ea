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
