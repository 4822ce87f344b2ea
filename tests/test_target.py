from random import Random

import pytest

from squall.errors import NoTargets
from squall.target import EVERY, NOBODY, ONE, Instance, Share

PODS = [Instance("api", f"api-{number}", f"uid-{number}", "node", ready=True) for number in range(5)]


def names(share: Share, seed: int = 1, among: list[Instance] = PODS) -> list[str]:
    return [instance.name for instance in share.pick("api", among, Random(seed))]


def test_the_same_seed_gives_the_same_choice_in_any_order() -> None:
    assert names(Share(2)) == names(Share(2), among=PODS[::-1])
    assert len({tuple(names(Share(2), seed)) for seed in range(30)}) > 5


def test_every_one_can_be_chosen_and_is_named_in_order() -> None:
    assert names(EVERY) == [f"api-{number}" for number in range(5)]
    assert {name for seed in range(60) for name in names(ONE, seed)} == set(names(EVERY))
    assert names(NOBODY) == []


def test_fewer_than_asked_is_no_target() -> None:
    with pytest.raises(NoTargets, match="6 of api asked for, 5 there"):
        names(Share(6))
    for share in (ONE, EVERY):
        with pytest.raises(NoTargets, match="api has no instance"):
            names(share, among=[])


def test_a_share_reads_as_a_word() -> None:
    assert (str(ONE), str(EVERY)) == ("1", "every")
