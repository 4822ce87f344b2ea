"""What a copy says of the password that it keeps: read as it was written, or not at all."""

import json

import pytest

from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.secret_copy import Rotated
from squall.platforms.stores.endpoint import Forwarded, StoreEndpoint
from squall.system.stores import Login

ENDPOINT = StoreEndpoint(
    service="postgres",
    kind="postgres",
    place=Forwarded(context="kind-squall", kubeconfig=None, namespace="shop", service="postgres", port=5432),
    application=Login.model_validate({"user": "app", "secret": "shop", "key": "password"}),
    disposable=True,
)


def test_it_is_read_as_it_was_written() -> None:
    what = Rotated("run-1", ObjectRef("secret", "shop", "shop"), "password", ENDPOINT)
    assert Rotated.of(json.loads(json.dumps(what.args()))) == what
    older = {"door" if key == "endpoint" else key: value for key, value in what.args().items()}
    assert Rotated.of(older) == what


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"run": "r", "secret": "s", "namespace": "n", "key": "k", "endpoint": 1}']
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Rotated.of(json.loads(text))
