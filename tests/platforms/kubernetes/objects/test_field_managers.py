from typing import Any

import pytest

from squall.platforms.kubernetes.objects.field_managers import keepers, writer


def thing(**meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": "api", **meta}}


def wrote(manager: str, fields: dict[str, Any], time: str = "2026-11-21T10:00:00Z") -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields}


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        ({"annotations": {"meta.helm.sh/release-name": "shop"}}, "kept by Helm (shop): an upgrade"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "web:apps/Deployment:shop/api"}}, "kept by Argo CD (web)"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "kept by Flux (apps)"),
        ({"managedFields": [wrote("argocd-controller", {})]}, "kept by Argo CD: if it heals by itself"),
    ],
)
def test_who_keeps_an_object_is_told(meta: dict[str, Any], says: str) -> None:
    (line,) = keepers(thing(**meta))
    assert line.startswith(says)


def test_what_people_apply_is_kept_by_nobody() -> None:
    assert keepers(thing(labels={"app": "api"}, managedFields=[wrote("kubectl-client-side-apply", {})])) == []


def test_the_last_writer_of_a_field_is_told() -> None:
    spec: dict[str, Any] = {"f:spec": {"f:replicas": {}, "f:ports": {'k:{"port":80}': {"f:nodePort": {}}}}}
    found = thing(
        managedFields=[wrote("a", spec), wrote("b", spec, "2026-11-21T11:00:00Z"), wrote("c", {"f:spec": {}})]
    )
    assert writer(found, "/spec/replicas") == "b at 2026-11-21T11:00:00Z"
    assert writer(found, "/spec/ports/0/nodePort") == "b at 2026-11-21T11:00:00Z"
    assert writer(found, "/spec/selector/app~1x") == ""
    assert writer(thing(), "/spec/replicas") == ""
