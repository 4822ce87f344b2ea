"""The way to a store in a cluster: by which kubeconfig kubectl opens it. kubectl is a program of this test."""

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from squall.platforms.stores.connection import StoreConnection
from squall.platforms.stores.endpoint import KUBECONFIG_COPY, Forwarded, StoreEndpoint

KUBECTL = """#!/bin/sh
printf %s "$KUBECONFIG" > "{folder}/asked"
echo 'Forwarding from 127.0.0.1:5 -> 5432'
exec sleep 60
"""


@pytest.mark.parametrize(("environment", "asked"), [({KUBECONFIG_COPY: "/copy"}, "/copy"), ({}, "/mine")])
def test_a_run_s_way_is_that_of_its_copy_and_an_undo_s_of_the_user_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], asked: str
) -> None:
    """M9: the port-forward read the kubeconfig anew, and may have led to another cluster than was proven."""
    program = tmp_path / "kubectl"
    program.write_text(KUBECTL.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    place = Forwarded(context="c", kubeconfig="/mine", namespace="web", service="db", port=5432)
    with closing(StoreConnection(StoreEndpoint(service="db", kind="postgres", place=place), environment)) as way:
        assert way.port() == 5
    assert (tmp_path / "asked").read_text() == asked
