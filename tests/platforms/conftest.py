from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from squall.platforms.kubernetes.api.client import Api
from tests.platforms.api_server import Script, kubeconfig, serving


@dataclass
class Served:
    script: Script
    api: Api


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    script = Script()
    with serving(script) as url:
        api = Api(None, str(kubeconfig(tmp_path_factory.mktemp("kube") / "config", url)))
        yield Served(script, api)
        api.close()
