"""Each fault of the platform's own objects has what carries it out, and is understood by it."""

import dataclasses
from dataclasses import dataclass

import pytest

from squall.errors import Misuse
from squall.faults.by_api import ByApi
from squall.faults.fault import Target, need
from squall.faults.registry import faults
from squall.faults.scale import Scale
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.allowed import Kubernetes
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.kubernetes.expiry import Expiring
from squall.platforms.kubernetes.harms.registry import harms_in
from squall.platforms.kubernetes.harms.scale import ScaleHarm
from squall.platforms.object_harms import ObjectHarms
from squall.testing.platform import SimulatedPlatform, VirtualClock
from tests.platforms.conftest import Served
from tests.platforms.harmed import harm_context, ordered, up

BY_API = {name: fault for name, fault in faults().items() if issubclass(fault, ByApi)}
HARMS = harms_in(*Kind.harm_folders)
AIMS = {"service", "nodes"}
# What is done to the machines that nodes of kind are, and to what runs on them.
ONLY_KIND = {"ApiServerFreeze", "NodeFreeze", "NodeLoss", "NodeStop"}


def test_kind_carries_out_all_and_a_cluster_elsewhere_all_but_harms_to_machines() -> None:
    assert HARMS.keys() == BY_API.keys()
    assert set(Kind.object_harms()) - set(Kubernetes.object_harms()) == ONLY_KIND
    assert SimulatedPlatform("api", VirtualClock()).object_harms() == BY_API.keys()


@pytest.mark.parametrize("name", BY_API)
def test_a_harm_is_told_all_of_its_fault_and_of_nothing_else(name: str) -> None:
    common = {each.name for each in dataclasses.fields(ByApi)}
    own = {each.name for each in dataclasses.fields(BY_API[name])} - common
    assert HARMS[name].fields - AIMS == own


@pytest.mark.parametrize("name", HARMS)
def test_what_leaves_marks_says_what_takes_them_back(name: str) -> None:
    assert bool(HARMS[name].grant.expires) == hasattr(HARMS[name].kind, "places")
    assert set(HARMS[name].grant.expires) <= set(HARMS[name].grant.rights)


def test_the_harm_is_found_by_the_name_and_gets_the_fields(served: Served) -> None:
    on, kept = ApiHarms(), up()
    kept.serve(served.script)
    on.harm_context = harm_context(served)
    fault = Scale("back", count=3)
    assert isinstance(on, ObjectHarms)
    assert fault.harm(Target(on, (), "run")) == ScaleHarm(on.harm_context, "back", 3)  # type: ignore[arg-type]
    assert need(fault).fault == "Scale"


def test_a_fault_that_nothing_carries_out_is_refused_by_name(served: Served) -> None:
    on = ApiHarms()
    on.harm_context = harm_context(served)
    with pytest.raises(Misuse, match=r"nothing carries out NodeStop here \(known: Close, Configuration, Cordon"):
        ordered(on, "NodeStop", nodes=["a"])


def test_what_leaves_marks_ends_by_itself_where_there_is_an_expiry(served: Served) -> None:
    @dataclass
    class Expiry:
        """Stands for one; nothing is asked of it here."""

    on = ApiHarms()
    on.harm_context = dataclasses.replace(harm_context(served), expiry=Expiry())  # type: ignore[arg-type]
    assert isinstance(ordered(on, "Scale", "back", count=3), Expiring)
    on.harm_context = harm_context(served)
    assert not isinstance(ordered(on, "Scale", "back", count=3), Expiring)
