"""Student's distribution: how far the mean of few runs may lie from the truth by chance alone."""

import math

# Its quantiles are searched to this share of themselves.
_PRECISION = 1e-9


def two_sided(level: float, freedom: int) -> float:
    """Return t such that a value lies within -t to t with the probability ``level``, for that many degrees of freedom.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4, solved by bisection.

    Raises:
        ValueError: ``level`` is not within 0 and 1, or there is less than one degree of freedom.
    """
    if not (0 < level < 1 and freedom >= 1):
        raise ValueError(f"no t of level {level} for {freedom} degrees of freedom")
    low, high = 0.0, 1.0
    while within(high, freedom) < level:
        low, high = high, 2 * high
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, freedom) < level else (low, middle)
    return high


def within(t: float, freedom: int) -> float:
    """Return the probability that a value of Student's distribution lies within -t to t."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2 == 1
    term, total = (cosine, cosine) if odd else (1.0, 1.0)
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    if odd:
        return 2 / math.pi * (angle + (sine * total if freedom > 1 else 0.0))
    return sine * total
