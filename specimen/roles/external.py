"""An external service that gives second opinions: it stands for what others run, and is computed here."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.metrics import RequestMetrics
from specimen.scoring import embed, similarity
from specimen.settings import Settings

__all__ = ["External"]

PNEUMONIA = embed("opacity in the lower lobe")


class External:
    """Answers opinion."""

    def __init__(self, _settings: Settings, _metrics: RequestMetrics) -> None:
        pass

    def routes(self) -> Sequence[Route]:
        return [Route("/v1/opinion", self.opinion)]

    async def open(self) -> None:
        """Have nothing to open."""

    async def close(self) -> None:
        """Have nothing to close."""

    async def unready(self) -> str | None:
        return None

    async def opinion(self, request: Request) -> Response:
        """Answer ``?image=1`` with how near it takes an image to be to pneumonia, -1 to 1."""
        image = request.query_params.get("image", "")
        return JSONResponse({"opinion": round(similarity(embed(f"image {image}"), PNEUMONIA), 6)})
