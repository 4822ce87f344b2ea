"""Who changed a workload meanwhile, from objects as the API server writes them."""

from typing import Any

import pytest

from squall.platforms.kubernetes.api.watch import WatchedChange
from squall.platforms.kubernetes.objects.foreign_changes import ForeignChanges

REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
TEMPLATE: dict[str, Any] = {"f:spec": {"f:template": {"f:spec": {}}}}


def entry(manager: str, fields: dict[str, Any], time: str = "2026-12-01T12:00:00Z") -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


def workload(
    generation: int, replicas: int = 3, image: str = "a", uid: str = "u", managers: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    meta = {"name": "api", "uid": uid, "generation": generation, "managedFields": managers or []}
    return {"metadata": meta, "spec": {"replicas": replicas, "template": {"spec": {"image": image}}}}


def told(*after: tuple[str, dict[str, Any]]) -> list[str]:
    watched = ForeignChanges("deployment", [workload(1)])
    return [watched.changed(WatchedChange(float(n), kind, each)) for n, (kind, each) in enumerate(after)]


def test_a_count_that_somebody_changes_and_changes_back_is_told_twice() -> None:
    by = [entry("kubectl", REPLICAS)]
    who = "kubectl at 2026-12-01T12:00:00Z"
    up, down = workload(2, 6, managers=by), workload(3, 3, managers=by)
    assert told(("MODIFIED", up), ("MODIFIED", down)) == [
        f"deployment/api replicas was 3 and became 6 ({who})",
        f"deployment/api replicas was 6 and became 3 ({who})",
    ]


@pytest.mark.parametrize("manager", ["squall", "kube-controller-manager"])
def test_what_squall_or_the_autoscaler_writes_is_expected(manager: str) -> None:
    assert told(("MODIFIED", workload(2, 6, managers=[entry(manager, REPLICAS)]))) == [""]


def test_of_two_who_wrote_a_field_the_later_one_counts() -> None:
    by = [entry("squall", REPLICAS), entry("kubectl", REPLICAS, "2026-12-01T12:00:09Z")]
    (line,) = told(("MODIFIED", workload(2, 6, managers=by)))
    assert "(kubectl at 2026-12-01T12:00:09Z)" in line


def test_a_template_that_somebody_changes_is_told_and_one_that_squall_changes_is_not() -> None:
    theirs, ours = [entry("helm", TEMPLATE)], [entry("squall", TEMPLATE)]
    assert told(("MODIFIED", workload(2, image="b", managers=theirs))) == [
        "deployment/api template was changed (helm at 2026-12-01T12:00:00Z)"
    ]
    assert told(("MODIFIED", workload(2, image="b", managers=ours))) == [""]


def test_who_is_not_told_of_is_a_stranger() -> None:
    assert told(("MODIFIED", workload(2, 6))) == ["deployment/api replicas was 3 and became 6 (by whom is not told)"]


def test_a_status_that_changes_is_no_change() -> None:
    assert told(("MODIFIED", workload(1)), ("MODIFIED", {**workload(1), "status": {"replicas": 2}})) == ["", ""]


def test_one_that_is_deleted_or_made_anew_is_told() -> None:
    assert told(("DELETED", workload(1)), ("ADDED", workload(1, uid="v"))) == ["deployment/api was deleted", ""]
    assert told(("MODIFIED", workload(1, uid="v"))) == ["deployment/api was made anew"]


def test_one_that_was_not_there_before_is_nobodys_affair() -> None:
    other = {**workload(1), "metadata": {"name": "other", "uid": "o", "generation": 1}}
    assert told(("ADDED", other), ("DELETED", other)) == ["", "deployment/other was deleted"]
