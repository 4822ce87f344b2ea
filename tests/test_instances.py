from random import Random

import pytest

from squall.errors import NoTargets
from squall.instances import EVERY, NOBODY, ONE, Instance, Share, Within

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
    assert (str(ONE), str(EVERY)) == ("1", "all")


@pytest.mark.parametrize(("percent", "there", "count"), [(30, 4, 2), (30, 3, 1), (1, 5, 1), (100, 5, 5), (20, 5, 1)])
def test_a_share_in_per_cent_is_rounded_up(percent: float, there: int, count: int) -> None:
    assert len(names(Share(None, percent), among=PODS[:there])) == count


def spread(*places: tuple[str, str]) -> list[Instance]:
    return [
        Instance("api", f"api-{number}", "", node, ready=True, zone=zone) for number, (node, zone) in enumerate(places)
    ]


SPREAD = spread(("n1", "east"), ("n2", "east"), ("n2", "east"), ("n3", "west"))


def test_those_of_one_place_are_chosen_together() -> None:
    on_one_node = {tuple(names(Share(None, within=Within.NODE), seed, SPREAD)) for seed in range(40)}
    assert on_one_node == {("api-0",), ("api-1", "api-2"), ("api-3",)}
    in_one_zone = {tuple(names(Share(2, within=Within.ZONE), seed, SPREAD)) for seed in range(40)}
    assert in_one_zone == {("api-0", "api-1"), ("api-0", "api-2"), ("api-1", "api-2")}


def test_a_place_with_too_few_or_no_name_is_no_target() -> None:
    with pytest.raises(NoTargets, match="4 of api in one zone asked for, 3 there at the most"):
        names(Share(4, within=Within.ZONE), among=SPREAD)
    with pytest.raises(NoTargets, match="the zone of api-0 is not known"):
        names(Share(None, within=Within.ZONE), among=PODS)
    with pytest.raises(NoTargets, match="api has no instance"):
        names(Share(None, within=Within.NODE), among=[])


def test_a_share_says_of_whom() -> None:
    shares = (EVERY, Share(None, 30), Share(2, within=Within.ZONE), Share(None, within=Within.NODE))
    assert [share.of("api") for share in shares] == [
        "all of api",
        "30% of api",
        "2 of api in one zone",
        "all of api on one node",
    ]


@pytest.mark.parametrize("other", [{"count": 2}, {"count": None, "within": Within.NODE}])
def test_a_share_in_per_cent_is_of_all(other: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="it has no count and no place"):
        Share(percent=30, **other)  # type: ignore[arg-type]
