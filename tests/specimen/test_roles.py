"""The roles of the pneumonia detector over real connections: a real database and cache, or neighbours of the test's."""

import asyncio
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

import httpx
import pytest
from aiohttp import web

from load.images import similarity
from specimen.lifecycle import Life
from specimen.metrics import RequestMetrics
from specimen.roles.by_name import role
from specimen.roles.edge import Edge
from specimen.roles.monitoring import Sums
from specimen.roles.recovery import Recovery
from specimen.roles.role import Endpoints
from specimen.settings import NEEDED, BadSettings, Settings
from tests.specimen.servers import ROOT, free_port, listens, postgres, running, until, valkey

SYSTEM = ROOT / "scenarios/pneumonia_detector/manifests"
TLS = SYSTEM / "tls/tls.crt"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where everybody is: the port of each role, by its name."""

    database: str
    cache: str
    ports: Mapping[str, int]
    stack: ExitStack

    def start(self, name: str, **settings: str) -> httpx.Client:
        """Start an instance of a role; give a client of it once it is ready."""
        port = self.ports[name]
        given = {"ROLE": name, "HOST": "127.0.0.1", "PORT": str(port), "INSTANCE": name, **settings}
        environment = {f"SPECIMEN_{key}": value for key, value in given.items()}
        self.stack.enter_context(running([sys.executable, "-m", "specimen"], **environment))
        url = f"https://localhost:{port}" if "TLS_KEY" in settings else self.url(name)
        trusted = ssl.create_default_context(cafile=TLS)
        client = self.stack.enter_context(httpx.Client(base_url=url, verify=trusted, timeout=10))
        until(lambda: listens(port))
        until(lambda: client.get("/ready").status_code == 200)
        return client

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"


@pytest.fixture
def place() -> Iterator[Place]:
    names = ("gateway", "optimizer", "recovery", "external", "security", "registry", "edge")
    with (
        ExitStack() as stack,
        postgres(ROOT / "specimen/documents.sql", SYSTEM / "fill/tables.sql") as database,
        valkey() as (_, cache),
    ):
        yield Place(database, cache, {name: free_port() for name in names}, stack)


@pytest.mark.slow
def test_a_reading_has_a_finding_an_opinion_and_a_line_in_the_trail(place: Place) -> None:
    place.start("external")
    place.start("recovery", EXTERNAL_URL=place.url("external"))
    prefetching = {"PREFETCHED_IMAGES": "30", "CACHE_URL": place.cache}
    optimizer = place.start("optimizer", DATABASE_URL=place.database, **prefetching)
    keys = {"TLS_CERTIFICATE": str(TLS), "TLS_KEY": str(TLS.with_suffix(".key"))}
    place.start("security", DATABASE_URL=place.database, **keys)
    gateway = place.start(
        "gateway", OPTIMIZER_URL=place.url("optimizer"), RECOVERY_URL=place.url("recovery"), TLS_CA=str(TLS),
        SECURITY_URL=f"https://localhost:{place.ports['security']}", NEIGHBOUR_TIMEOUT_SECONDS="10",
    )  # fmt: skip
    asked = {"event": "one", "image": 7}
    answers = [gateway.post("/v1/detect", json=asked) for _ in range(2)]
    assert [(answer.status_code, answer.headers["x-opinion"]) for answer in answers] == [(200, "second")] * 2
    assert answers[0].json()["finding"]["resembles"][0][0] == 7, "the textbook has it"
    said = gateway.post("/v1/trail", json={"events": ["one", "none"]}).json()
    assert said == {"times": {"one": 1, "none": 0}}, "sent twice it stands there once"
    compared = gateway.get("/v1/compare?a=3&b=4").json()["similarity"]
    assert compared == pytest.approx(similarity(3, 4), abs=1e-5)
    assert gateway.post("/v1/detect", json={"image": 7}).status_code == 400
    until(lambda: optimizer.get("/v1/finding?image=30").headers["x-cache"] == "hit")

    registry = place.start("registry", DATABASE_URL=place.database, PUBLISH_SECONDS="3600")
    newest = registry.get("/v1/model").json()["version"]
    edge = place.start("edge", REGISTRY_URL=place.url("registry"), NEIGHBOUR_TIMEOUT_SECONDS="10")
    assert newest == 1
    assert "model_version 1.0" in edge.get("/metrics").text


class Outside:
    """A service that answers opinion and model, and counts how often it is asked, until it fails."""

    def __init__(self) -> None:
        self.asked, self.failing = 0, False

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response({"opinion": 0.5, "version": 7}, status=503 if self.failing else 200)


def beside(outside: Outside, work: Callable[[str], Awaitable[T]]) -> T:
    """Do the work while the service is served; it gets the service's URL."""

    async def served() -> T:
        application = web.Application()
        application.router.add_route("GET", "/{any:.*}", outside.answer)
        runner = web.AppRunner(application)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            return await work(f"http://127.0.0.1:{port}")
        finally:
            await runner.cleanup()

    return asyncio.run(served())


async def opinion(endpoints: Endpoints) -> object:
    transport = httpx.ASGITransport(endpoints.application())
    async with httpx.AsyncClient(transport=transport, base_url="http://recovery") as users:
        return (await users.get("/v1/opinion?image=1")).json()["opinion"]


@pytest.mark.parametrize(("failures", "asked"), [(3, 3), (1000, 9)], ids=["a breaker", "the weakness of none"])
def test_recovery_leaves_an_external_service_alone_that_fails(failures: int, asked: int) -> None:
    outside = Outside()

    async def work(url: str) -> list[object]:
        settings = Settings("pod-1", "recovery", external_url=url, breaker_failures=failures, breaker_rest_seconds=3600)
        metrics = RequestMetrics()
        recovery = Recovery(settings, metrics)
        await recovery.open()
        endpoints = Endpoints(recovery, Life(0.0), metrics)
        try:
            first = await opinion(endpoints)
            outside.failing, outside.asked = True, 0
            return [first, *[await opinion(endpoints) for _ in range(9)], metrics.text().decode()]
        finally:
            await recovery.close()

    first, *rest, page = beside(outside, work)
    assert (first, rest) == (0.5, [None] * 9)
    assert outside.asked == asked
    assert f"breaker_open {1.0 if failures == 3 else 0.0}" in str(page)


@pytest.mark.parametrize(("most", "version"), [(0, 7), (1, 0)], ids=["asks on", "the weakness that gives up"])
def test_an_edge_device_takes_the_model_of_a_registry_that_is_back(most: int, version: int) -> None:
    outside = Outside()
    outside.failing = True

    async def work(url: str) -> str | None:
        metrics = RequestMetrics()
        edge = Edge(Settings("pod-1", "edge", registry_url=url, poll_seconds=0, poll_failures=most), metrics)
        await edge.open()
        try:
            while outside.asked < (most or 3):
                await asyncio.sleep(0)
            outside.failing = False
            while not most and await edge.unready():
                await asyncio.sleep(0)
            return metrics.text().decode()
        finally:
            await edge.close()

    assert f"model_version {float(version)}" in str(beside(outside, work))


def page(good: int, bad: int, health: int) -> str:
    return "".join(
        f'requests_total{{path="{path}",status="{status}"}} {count}\n'
        for path, status, count in (("/v1/detect", 200, good), ("/v1/detect", 503, bad), ("/health", 200, health))
    )


def summed(sums: Sums) -> dict[str, float]:
    return {sample.name: sample.value for family in sums.collect() for sample in family.samples}


def test_monitoring_sums_up_what_instances_count_though_they_begin_anew() -> None:
    sums = Sums("/v1/")
    sums.add("pod-1", page(10, 1, 500))
    sums.add("pod-2", page(20, 0, 500))
    sums.add("pod-1", page(4, 2, 3))
    assert summed(sums) == {"users_answers_total": 37.0, "users_errors_total": 3.0, "users_seconds_total": 0.0}


def test_monitoring_that_watches_health_alone_sees_no_errors() -> None:
    sums = Sums("/health")
    sums.add("pod-1", page(10, 9, 500))
    assert summed(sums)["users_answers_total"] == 500
    assert summed(sums)["users_errors_total"] == 0


@pytest.mark.parametrize("name", sorted(NEEDED.keys() - {"rerank"}))
def test_each_role_is_made_by_its_name_and_says_what_it_needs(name: str) -> None:
    where = {f"SPECIMEN_{key.upper()}": "redis://host:1" for key in NEEDED[name]}
    given = {"SPECIMEN_INSTANCE": "pod-1", "SPECIMEN_ROLE": name, **where}

    async def made() -> None:
        assert type(role(Settings.read(given), RequestMetrics())).__name__.lower() == name

    asyncio.run(made())
    for key in where:
        with pytest.raises(BadSettings, match=f"{key}: is not set, and the role {name} needs it"):
            Settings.read({**given, key: ""})
