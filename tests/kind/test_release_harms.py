"""Harms to what is released and configured, on the real cluster: bitten, undone, and refused where it is so."""

from collections.abc import Iterator

import pytest

from squall.errors import InjectionFailed, Misuse
from squall.instances import Ended
from squall.platforms.http import status
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.deploy import ANSWER_WITHIN
from squall.platforms.kubernetes.harms.restart import RESTARTED
from squall.platforms.kubernetes.objects.versions import current
from squall.platforms.kubernetes.objects.workloads import rolled_out
from squall.safety.undo_log import perform
from tests.kind.harmed import BACK, FRONT, NAMESPACE, Someone, bitten, free_of_marks, new_run, platform
from tests.platforms.echo_cluster import quiet
from tests.platforms.harmed import ordered
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

URL = "http://127.0.0.1:30083/"
OUT_WITHIN = 60.0


@pytest.fixture(scope="module")
def run() -> str:
    return new_run()


@pytest.fixture(scope="module")
def kind(run: str) -> Iterator[Kind]:
    kind = platform()
    lease = kind.claim_run(run)
    kind.deploy([], quiet)
    yield kind
    perform(lease)
    kind.close()


@pytest.fixture
def someone(kind: Kind) -> Iterator[Someone]:
    one = Someone(kind)
    yield one
    for place in (BACK, FRONT):
        until(lambda place=place: rolled_out(one.sees(place)), OUT_WITHIN)  # type: ignore[misc]


def version(kind: Kind) -> str:
    return current(kind.harm_context.api, NAMESPACE, "back").hash


def test_a_broken_configuration_is_put_in_place_and_taken_back(kind: Kind, run: str, someone: Someone) -> None:
    before, served = version(kind), kind.instances("back")
    harming = ordered(kind, "Configuration", "back", configuration="names a port that nobody asks")
    with bitten(kind, run, harming, lasts=5.0) as (keys, pods):
        assert keys.how.endswith("has the changed PORT")
        assert "was started with it; it is not ready" in pods.how
        assert version(kind) != before
        endings = harming.end(run)
        assert [ending.ended for ending in endings] == [Ended.AS_STATED, Ended.AS_STATED]
    until(lambda: rolled_out(someone.sees(BACK)), OUT_WITHIN)
    assert version(kind) == before
    # Its successor never got ready, so the pod that served went on.
    assert [each.incarnation for each in kind.instances("back") if each.ready] == [each.incarnation for each in served]
    assert RESTARTED not in someone.sees(BACK)["spec"]["template"]["metadata"]["labels"]


def test_a_configuration_that_someone_changed_meanwhile_stays(kind: Kind, run: str, someone: Someone) -> None:
    harming = ordered(kind, "Configuration", "back", configuration="names a port that nobody asks")
    place = harming.places()[0]  # type: ignore[attr-defined]
    undo = harming.undo(run)
    harming.harm(run, 0.0)
    someone.writes(place, {"data": {"PORT": "8081"}})
    said = [perform(each) for each in reversed(undo)]
    assert any("changed by someone else" in line for line in said), said
    assert someone.sees(place)["data"]["PORT"] == "8081"
    someone.writes(place, {"data": {"PORT": "8080"}})


def test_a_configuration_that_is_in_place_is_no_harm(kind: Kind, run: str) -> None:
    harming = ordered(kind, "Configuration", "back", configuration="is what it was")
    with pytest.raises(InjectionFailed, match="it is so already"):
        harming.harm(run, 0.0)
    assert free_of_marks(kind, BACK)


def test_a_key_that_no_configuration_has_is_refused(kind: Kind, run: str) -> None:
    with pytest.raises(InjectionFailed, match=r"0 of the ConfigMaps that it reads have PORTS \(it reads back-"):
        ordered(kind, "Configuration", "back", configuration="names what nobody reads").undo(run)
    with pytest.raises(Misuse, match='there is no configuration of "back" that "is unheard of"'):
        ordered(kind, "Configuration", "back", configuration="is unheard of")


def test_a_paused_rollout_holds_a_change_back(kind: Kind, run: str, someone: Someone) -> None:
    before = version(kind)
    with bitten(kind, run, ordered(kind, "RolloutPaused", "back")) as (evidence,):
        assert "is paused, as its controller says" in evidence.how
        someone.writes(BACK, {"spec": {"template": {"metadata": {"annotations": {"changed": new_run()}}}}})
        until(
            lambda: someone.sees(BACK)["status"]["observedGeneration"] == someone.sees(BACK)["metadata"]["generation"]
        )
        assert version(kind) == before
    until(lambda: version(kind) != before)
    with pytest.raises(Misuse, match="has no place in the cluster"):
        ordered(kind, "RolloutPaused", "nobody")


def test_one_that_is_paused_is_not_paused(kind: Kind, run: str, someone: Someone) -> None:
    someone.writes(BACK, {"spec": {"paused": True}})
    with pytest.raises(InjectionFailed, match="it is paused already"):
        ordered(kind, "RolloutPaused", "back").harm(run, 0.0)
    assert someone.sees(BACK)["spec"]["paused"] is True
    someone.writes(BACK, {"spec": {"paused": None}})


def test_the_last_release_is_undone_and_comes_again(kind: Kind, run: str, someone: Someone) -> None:
    someone.writes(BACK, {"spec": {"template": {"metadata": {"annotations": {"released": new_run()}}}}})
    until(lambda: rolled_out(someone.sees(BACK)), OUT_WITHIN)
    released = version(kind)
    with bitten(kind, run, ordered(kind, "Rollback", "back")) as (evidence,):
        assert "a pod of version" in evidence.how
        assert version(kind) != released
    until(lambda: rolled_out(someone.sees(BACK)), OUT_WITHIN)
    assert version(kind) == released


def test_what_was_never_released_anew_cannot_be_undone(kind: Kind, run: str) -> None:
    with pytest.raises(InjectionFailed, match="it has had no other version"):
        ordered(kind, "Rollback", "green").harm(run, 0.0)


def test_a_bad_green_gets_the_traffic_until_it_is_switched_back(kind: Kind, run: str) -> None:
    assert status(URL, ANSWER_WITHIN) == "200"
    harming = ordered(kind, "Switch", "front", other="green")
    with bitten(kind, run, harming, lasts=5.0) as (evidence,):
        assert "of green" in evidence.how
        until(lambda: status(URL, ANSWER_WITHIN) == "404")
        (ending,) = harming.end(run)
        assert ending.ended is Ended.AS_STATED
    until(lambda: status(URL, ANSWER_WITHIN) == "200")


def test_a_service_that_is_switched_already_is_no_harm(kind: Kind, run: str) -> None:
    with pytest.raises(InjectionFailed, match='it selects the pods of "front" as it is'):
        ordered(kind, "Switch", "front", other="front").harm(run, 0.0)
