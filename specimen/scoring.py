"""The model: texts and documents are vectors, and the nearer is the more relevant. Pure, without input or output."""

import math
from collections.abc import Mapping, Sequence
from zlib import crc32

__all__ = ["DIMENSIONS", "Scored", "Vector", "embed", "rank", "similarity"]

DIMENSIONS = 32

Vector = Sequence[float]
Scored = tuple[int, float]


def embed(text: str) -> Vector:
    """Return a text's vector: its trigrams, hashed to signed dimensions (feature hashing, Weinberger et al. 2009)."""
    vector = [0.0] * DIMENSIONS
    padded = f" {text.lower()} "
    for start in range(len(padded) - 2):
        code = crc32(padded[start : start + 3].encode())
        vector[code % DIMENSIONS] += 1.0 if code & 0x8000_0000 else -1.0
    return vector


def similarity(a: Vector, b: Vector) -> float:
    """Return the cosine of two vectors, -1 to 1; nothing is similar to a vector of zeros."""
    length = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / length if length else 0.0


def rank(query: Vector, documents: Mapping[int, Vector]) -> list[Scored]:
    """Return the documents with their similarity to the query, best first; equals by their number."""
    scored = [(number, round(similarity(query, vector), 6)) for number, vector in documents.items()]
    return sorted(scored, key=lambda one: (-one[1], one[0]))
