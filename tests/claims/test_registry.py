import dataclasses

import pytest
from pydantic import JsonValue as Json

from squall.claims.claim import at_least, at_most
from squall.claims.heals_within import HealsWithin
from squall.claims.registry import claims, is_claim, planned, restored
from squall.errors import Misuse
from squall.instances import Share
from squall.interval import Interval
from squall.record.folder import Record
from squall.record.plan import ClaimPlan
from squall.verdict import Finding, Verdict

VALUES: dict[object, object] = {str: "api", float: 5.0, bool: True, int: 5}


def example(name: str) -> object:
    kind = claims()[name]
    return kind(**{field.name: VALUES[field.type] for field in dataclasses.fields(kind)})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", claims())
def test_each_claim_goes_to_plain_fields_and_back(name: str) -> None:
    claim = example(name)
    plan = planned("a sentence", "And", claim)  # type: ignore[arg-type]
    assert (plan.name, plan.text, plan.keyword) == (name, "a sentence", "And")
    assert restored(plan) == claim


@pytest.mark.parametrize("name", claims())
def test_each_claim_says_in_one_line_what_it_is(name: str) -> None:
    doc = claims()[name].__doc__ or ""
    assert not doc.startswith(f"{name}(")
    assert doc.split("\n")[0].strip()


def test_all_claims_are_found() -> None:
    assert {"HealsWithin", "SuccessShare", "SteadyAgain"} <= set(claims())


@dataclasses.dataclass(frozen=True)
class Foreign:
    """A claim that stands in no file of squall's."""

    limit: float

    def observation(self, hold: float) -> float:
        return hold

    def judge(self, record: Record, began: Interval) -> Finding:
        return Finding("", Verdict.HELD, "always")


def test_a_foreign_claim_is_called_by_its_module_and_found_by_that() -> None:
    plan = planned("a sentence", "Then", Foreign(3))
    assert plan.name == f"{__name__}.Foreign"
    assert restored(plan, {"limit": 4}) == Foreign(4)
    assert is_claim(Foreign(3))
    assert not is_claim(Foreign)
    assert not is_claim(Share(1))


@pytest.mark.parametrize("name", [f"{__name__}.Gone", f"{__name__}.dataclasses", "os.PathLike", "no.where.Claim"])
def test_a_name_that_leads_to_no_claim_is_misuse(name: str) -> None:
    with pytest.raises(Misuse, match=f"reading the claim {name}: there is no such class in the project"):
        restored(ClaimPlan("a sentence", name, {}))


def test_a_class_within_a_function_cannot_be_found_again() -> None:
    @dataclasses.dataclass(frozen=True)
    class Local(Foreign):
        pass

    with pytest.raises(Misuse, match="there is no such class"):
        restored(planned("a sentence", "Then", Local(1)))


def test_fields_can_be_replaced() -> None:
    plan = planned("heals", "Then", HealsWithin("api", 30))
    assert restored(plan, {"limit": 2}) == HealsWithin("api", 2)


@pytest.mark.parametrize(
    ("name", "fields", "problem"),
    [
        ("Vanishes", {}, "Vanishes is not known here"),
        ("HealsWithin", {"service": "api"}, "HealsWithin: limit: Field required"),
        ("HealsWithin", {"service": "api", "limit": "soon"}, "HealsWithin: limit: Input should be a valid number"),
        ("HealsWithin", {"service": "api", "limit": 1, "by": "magic"}, "HealsWithin: it has no by here"),
    ],
)
def test_what_this_version_does_not_know_is_misuse(name: str, fields: dict[str, Json], problem: str) -> None:
    with pytest.raises(Misuse, match=problem):
        restored(ClaimPlan("a sentence", name, fields))


@pytest.mark.parametrize(
    ("figure", "most", "least"),
    [
        (Interval(1, 5), Verdict.HELD, Verdict.INCONCLUSIVE),
        (Interval(5, 5), Verdict.HELD, Verdict.HELD),
        (Interval(4, 6), Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Interval(5, 6), Verdict.INCONCLUSIVE, Verdict.HELD),
        (Interval(5.001, 6), Verdict.BROKEN, Verdict.HELD),
        (Interval(3, 4.999), Verdict.HELD, Verdict.BROKEN),
    ],
)
def test_only_what_lies_wholly_on_one_side_is_decided(figure: Interval, most: Verdict, least: Verdict) -> None:
    assert at_most(figure, 5, "s", 1, "it").verdict is most
    assert at_least(figure, 5, "s", 1, "it").verdict is least
