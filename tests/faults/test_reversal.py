"""What is left of each fault, as it says itself."""

import pytest

from squall.faults.at_store import AtStore
from squall.faults.fault import Fault, Reversal
from squall.faults.registry import faults
from squall.faults.secret_rotated import SecretRotated

EVERY = pytest.mark.parametrize("fault", faults().values(), ids=faults().keys())


@EVERY
def test_only_harms_to_stores_cost_data(fault: type[Fault]) -> None:
    assert issubclass(fault, AtStore | SecretRotated) or not fault.reversal.costs_data


@EVERY
def test_what_ends_in_an_instant_and_is_taken_back_by_nobody_does_not_call_itself_reversible(
    fault: type[Fault],
) -> None:
    undone_by_nobody = issubclass(fault, AtStore) and fault.leaves_nothing
    assert not (undone_by_nobody and fault.reversal is Reversal.REVERSIBLE)


@pytest.mark.parametrize(
    ("name", "reversal"),
    [
        ("Cordon", Reversal.REVERSIBLE),
        ("Crash", Reversal.PASSING),
        ("DataLost", Reversal.RESTORABLE),
        ("Flushed", Reversal.IRREVERSIBLE),
    ],
)
def test_each_class_has_a_fault(name: str, reversal: Reversal) -> None:
    assert faults()[name].reversal is reversal
