"""Some things are asked for again and again, most hardly ever. Plain arithmetic, seeded from outside."""

import random


def popular(draw: random.Random, count: int, skew: float) -> int:
    """Return a number from 1 to ``count``, the lower the more often, by a power law with that exponent (not 1).

    It is the continuous law cut to whole numbers, whose distribution function can be inverted in closed form.
    """
    power = 1 - skew
    return int(((count**power - 1) * draw.random() + 1) ** (1 / power))
