from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.platforms.kubernetes.api.client import Api
from tests.platforms.api_server import Script, kubeconfig, serving


@dataclass
class Served:
    script: Script
    api: Api


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    script = Script()
    with serving(script) as url:
        api = Api(None, str(kubeconfig(tmp_path / "config", url)))
        yield Served(script, api)
        api.close()
