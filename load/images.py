"""What images are like: the same as specimen/documents.sql makes them. Plain arithmetic, without Locust."""

import math
from functools import cache

DIMENSIONS = 32


@cache
def image(number: int) -> tuple[float, ...]:
    """Return an image's vector."""
    return tuple(math.sin(number * k * 0.7 + k) for k in range(1, DIMENSIONS + 1))


def similarity(a: int, b: int) -> float:
    """Return the cosine of two images."""
    one, other = image(a), image(b)
    return _product(one, other) / math.sqrt(_product(one, one) * _product(other, other))


def _product(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))
