"""Durations, rates and shares as people write them: ``200ms``, ``50/s``, ``99.5%``. One place that reads them."""

import math
import re
from typing import Annotated

from pydantic import BeforeValidator

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)/s")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")


def seconds(text: object) -> float:
    """Return seconds from ``200ms``, ``30s``, ``5m`` or ``1h``.

    Raises:
        ValueError: the text has no unit, or one that is not known.
    """
    if (match := _DURATION.fullmatch(str(text))) is None or math.isinf(float(match[1])):
        raise ValueError(f"{text!r} is not a duration; write 200ms, 30s, 5m or 1h")
    return float(match[1]) * _SECONDS[match[2]]


def per_second(text: object) -> float:
    """Return a rate from ``50/s``."""
    if (match := _RATE.fullmatch(str(text))) is None or not 0 < float(match[1]) < math.inf:
        raise ValueError(f"{text!r} is not a rate above 0; write 50/s")
    return float(match[1])


def percent(text: object) -> float:
    """Return the number of a share such as ``99.5%``, from 0 to 100."""
    if (match := _PERCENT.fullmatch(str(text))) is None or float(match[1]) > 100:
        raise ValueError(f"{text!r} is not a share; write 99.5%")
    return float(match[1])


def as_duration(value: float) -> str:
    """Write seconds for people: three figures, the unit that fits."""
    return f"{_digits(value * 1000, 3)}ms" if value < 0.9995 else f"{_digits(value, 3)}s"


def rounded(value: float, unit: str) -> str:
    """Write a number of four figures with its unit; never with an exponent."""
    return f"{_digits(value, 4)}{unit}" if unit in {"%", "ms"} else f"{_digits(value, 4)} {unit}"


def _digits(value: float, figures: int) -> str:
    short = f"{value:.{figures}g}"
    return f"{value:.0f}" if "e+" in short else short


Duration = Annotated[float, BeforeValidator(seconds)]
Rate = Annotated[float, BeforeValidator(per_second)]
Percent = Annotated[float, BeforeValidator(percent)]
