"""The HTTP interface: what users ask, and what the platform asks."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.cache import Answers, Lookup
from specimen.documents import DocumentsUnavailable, NoSuchDocument, Pool
from specimen.lifecycle import Life
from specimen.metrics import Metrics
from specimen.queries import BadQuery, Pair, Query, read_batch
from specimen.scoring import Vector, embed, rank, similarity
from specimen.state import StateEndpoints

__all__ = ["Api", "Library"]


class Library(Protocol):
    """Where documents come from; see Documents."""

    async def open(self) -> None:
        """Begin to connect, without waiting for it."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...

    def pool(self) -> Pool:
        """Return how the pool of connections is now."""
        ...

    async def check(self) -> None:
        """Raise DocumentsUnavailable unless documents can be read."""
        ...

    async def vectors(self, numbers: Sequence[int]) -> dict[int, Vector]:
        """Return the vectors of these documents; raise NoSuchDocument or DocumentsUnavailable."""
        ...


Pause = Callable[[], Awaitable[None]]


async def _at_once() -> None:
    """Wait for nothing."""


class Api:
    """The endpoints of one instance."""

    def __init__(
        self, life: Life, documents: Library, answers: Answers, metrics: Metrics, before_similarity: Pause = _at_once
    ) -> None:
        self._documents = documents
        self._answers = answers
        self._metrics = metrics
        self._before_similarity = before_similarity
        self._state = StateEndpoints(life, metrics, self._unready, self._look_at_neighbours)

    def application(self) -> Starlette:
        """Return them as an application that opens and closes what it uses."""
        return Starlette(
            routes=[
                Route("/v1/rerank", self.rerank, methods=["POST"]),
                Route("/v1/batch", self.batch, methods=["POST"]),
                Route("/v1/similarity", self.similarity, methods=["GET", "POST"]),
                *self._state.routes(),
            ],
            exception_handlers={BadQuery: _bad_query, NoSuchDocument: _missing, DocumentsUnavailable: _unavailable},
            lifespan=self._lifespan,
        )

    async def rerank(self, request: Request) -> Response:
        """Put candidates in order for a query: ``{"order": [[number, score], ...]}``; ``x-cache`` says where from."""
        body, lookup = await self._answer(Query.read(await request.body()))
        return Response(body, media_type="application/json", headers={"x-cache": lookup})

    async def batch(self, request: Request) -> Response:
        """Do so for several queries, one after the other: ``{"answers": [...]}``."""
        bodies = [(await self._answer(query))[0] for query in read_batch(await request.body())]
        return Response(b'{"answers": [' + b", ".join(bodies) + b"]}", media_type="application/json")

    async def similarity(self, request: Request) -> Response:
        """Compare two documents: ``{"similarity": 0.5}``. It is always computed, so that probes see the database."""
        pair = Pair.of(request.query_params) if request.method == "GET" else Pair.read(await request.body())
        await self._before_similarity()
        vectors = await self._documents.vectors((pair.a, pair.b))
        return JSONResponse({"similarity": round(similarity(vectors[pair.a], vectors[pair.b]), 6)})

    def _look_at_neighbours(self) -> None:
        self._metrics.neighbours(self._documents.pool(), self._answers.resting)

    async def _unready(self) -> str | None:
        try:
            await self._documents.check()
        except DocumentsUnavailable as error:
            return str(error)
        return None

    async def _answer(self, query: Query) -> tuple[bytes, Lookup]:
        lookup, kept = await self._answers.find(query.key)
        self._metrics.looked_up(lookup)
        if kept is not None:
            return kept, lookup
        answer = json.dumps(
            {"order": rank(embed(query.text), await self._documents.vectors(query.candidates))}
        ).encode()
        await self._answers.keep(query.key, answer)
        return answer, lookup

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self._documents.open()
        try:
            yield
        finally:
            await self._answers.close()
            await self._documents.close()


async def _bad_query(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _missing(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 404)


async def _unavailable(_: Request, error: Exception) -> Response:
    # What the database said is for the log and for readiness, not for users.
    return JSONResponse({"error": "the documents cannot be read"}, 503, {"retry-after": "1"})
