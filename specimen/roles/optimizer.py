"""The performance optimizer: findings of images, from a cache that it fills before they are asked for."""

import asyncio
import json
import logging
from collections.abc import Sequence

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.cache import Answers, Lookup, store_for
from specimen.documents import Documents, DocumentsUnavailable, NoSuchDocument
from specimen.metrics import RequestMetrics
from specimen.queries import BadQuery, Pair
from specimen.scoring import rank, similarity
from specimen.settings import Settings

__all__ = ["Optimizer"]

log = logging.getLogger(__name__)
# Each image is compared with the textbook's.
TEXTBOOK = tuple(range(1, 9))
# So many at a time are prefetched: one query, and users' requests come in between.
CHUNK = 25
LOOK_EVERY_SECONDS = 1.0
# What stands in the cache as long as what was prefetched does.
MARK = "prefetched"


class Optimizer:
    """Answers finding and compare."""

    def __init__(self, settings: Settings, metrics: RequestMetrics) -> None:
        self._documents = Documents(settings)
        self._answers = Answers(store_for(settings), settings.cache_rest_seconds)
        self._prefetched = settings.prefetched_images
        self._lookups = Counter("cache_lookups", "Looks into the cache.", ("result",), registry=metrics.registry)
        for result in Lookup:
            self._lookups.labels(result)
        self._prefetching: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[Route]:
        return [Route("/v1/finding", self.finding), Route("/v1/compare", self.compare)]

    async def open(self) -> None:
        await self._documents.open()
        if self._prefetched:
            self._prefetching = asyncio.create_task(self._prefetch())

    async def close(self) -> None:
        if self._prefetching is not None:
            self._prefetching.cancel()
        await self._answers.close()
        await self._documents.close()

    async def unready(self) -> str | None:
        try:
            await self._documents.check()
        except DocumentsUnavailable as error:
            return str(error)
        return None

    async def finding(self, request: Request) -> Response:
        """Answer ``?image=1`` with what the image resembles; ``x-cache`` says where from."""
        try:
            image = int(request.query_params["image"])
        except (KeyError, ValueError):
            return JSONResponse({"error": "image: expected the number of an image"}, 400)
        lookup, kept = await self._answers.find(_key(image))
        self._lookups.labels(lookup).inc()
        if kept is None:
            try:
                kept = (await self._found([image]))[image]
            except (NoSuchDocument, DocumentsUnavailable) as error:
                return _unanswered(error)
            await self._answers.keep(_key(image), kept)
        return Response(kept, media_type="application/json", headers={"x-cache": lookup})

    async def compare(self, request: Request) -> Response:
        """Answer ``?a=1&b=2`` with how similar two images are. It is always computed."""
        try:
            pair = Pair.of(request.query_params)
            vectors = await self._documents.vectors((pair.a, pair.b))
        except BadQuery as error:
            return JSONResponse({"error": str(error)}, 400)
        except (NoSuchDocument, DocumentsUnavailable) as error:
            return _unanswered(error)
        return JSONResponse({"similarity": round(similarity(vectors[pair.a], vectors[pair.b]), 6)})

    async def _found(self, images: Sequence[int]) -> dict[int, bytes]:
        vectors = await self._documents.vectors([*images, *TEXTBOOK])
        textbook = {number: vectors[number] for number in TEXTBOOK}
        return {each: json.dumps({"resembles": rank(vectors[each], textbook)[:3]}).encode() for each in images}

    async def _prefetch(self) -> None:
        """Fill the cache whenever what was prefetched is not there any more."""
        while True:
            if (await self._answers.find(MARK))[0] is Lookup.MISS:
                try:
                    await self._fill()
                except (NoSuchDocument, DocumentsUnavailable) as error:
                    log.warning("not prefetched: %s", error)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _fill(self) -> None:
        # Before what it tells of, so that it is gone first.
        await self._answers.keep(MARK, b"1")
        for first in range(1, self._prefetched + 1, CHUNK):
            found = await self._found(range(first, min(first + CHUNK, self._prefetched + 1)))
            for image, answer in found.items():
                await self._answers.keep(_key(image), answer)


def _key(image: int) -> str:
    return f"finding {image}"


def _unanswered(error: Exception) -> Response:
    status = 404 if isinstance(error, NoSuchDocument) else 503
    return JSONResponse({"error": str(error) if status == 404 else "the images cannot be read"}, status)
