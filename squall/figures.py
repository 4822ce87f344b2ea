"""How figures are written for people: as many digits as their error deserves, never on the wrong side of a limit.

Rounding is outwards, and goes on to more digits until the written range lies where the true one does: a figure that
is beyond its limit never reads as if it touched it. Nothing in here knows verdicts.
"""

import math

from squall.interval import Interval

# A range wider than this share of its middle reads better from end to end than with a plus-minus.
_WIDE = 0.25
_MOST_DIGITS = 6


def amount(value: float, unit: str) -> str:
    """Write a number that is known, such as a limit: ``5 s``, ``200 ms``, ``99.5%``, ``3 requests``."""
    return _with_unit(_plain(value), unit)


def counted(count: int, noun: str) -> str:
    """Write how many there are: ``1 sample``, ``2 samples``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def signed(seconds: float, places: int = 1) -> str:
    """Write a moment as its distance from another: ``+1.5``, ``-0.2``; what rounds to nothing is ``0.0``."""
    text = f"{seconds:+.{places}f}"
    return text[1:] if float(text) == 0 else text


def written(figure: Interval, unit: str, limit: float | None = None, observation: float | None = None) -> str:
    """Write a measured range: ``7.9 s ± 0.2 s``, ``3 to 5 requests``, ``not within the observation (60 s)``."""
    if math.isinf(figure.high):
        return _endless(figure.low, unit, limit, observation)
    fences = [fence for fence in (limit, 0.0, 100.0 if unit == "%" else None) if fence is not None]
    if figure.error == 0:
        return _with_unit(_exact(figure.low, fences), unit)
    digits = -math.floor(math.log10(figure.error) + 1e-9)
    if unit != "requests" and figure.error <= _WIDE * figure.middle:
        middle, error, places = _around(figure, digits, fences)
        return f"{_with_unit(f'{middle:.{places}f}', unit)} ± {_with_unit(f'{error:.{places}f}', unit)}"
    low, high = _outwards(figure, digits, fences)
    return f"{_plain(low)} to {_with_unit(_plain(high), unit)}"


def at_best(figure: Interval, unit: str, limit: float, upper: bool) -> str:
    """Write a range beyond its limit by the end that is nearer to it, if it is wide: ``at most 97%``, ``at least 8 s``.

    ``upper`` says that the limit is an upper one. One that is narrow, or has no end, is written whole.
    """
    if math.isinf(figure.high) or (unit != "requests" and figure.error <= _WIDE * figure.middle):
        return written(figure, unit, limit)
    low, high = _outwards(figure, -math.floor(math.log10(figure.error) + 1e-9), [limit])
    return f"at least {_with_unit(_plain(low), unit)}" if upper else f"at most {_with_unit(_plain(high), unit)}"


def _endless(low: float, unit: str, limit: float | None, observation: float | None) -> str:
    if math.isinf(low):
        return "without bound" if unit == "s" else "without bound (failed requests count as endless)"
    certain = limit is None or low > limit
    if unit == "s" and certain and observation is not None and low >= 0.9 * observation:
        return f"not within the observation ({amount(observation, unit)})"
    fences = [] if limit is None else [limit]
    return f"{_with_unit(_exact(low, fences), unit)} or more{' (no sure end was seen)' if unit == 's' else ''}"


def _exact(value: float, fences: list[float]) -> str:
    """Write a number with three figures, and with more while it would read as one of the fences."""
    for figures in range(3, 3 + _MOST_DIGITS):
        rounded = float(f"{value:.{figures}g}")
        if value == round(value) and abs(value) < 1e6:
            return f"{value:.0f}"
        if all((rounded > fence) == (value > fence) and (rounded < fence) == (value < fence) for fence in fences):
            break
    return _plain(rounded)


def _outwards(figure: Interval, digits: int, fences: list[float]) -> tuple[float, float]:
    """Return the range rounded outwards, with no end beyond a fence that the true end keeps to."""
    for more in range(_MOST_DIGITS):
        step = 10.0 ** (digits + more)
        low, high = math.floor(figure.low * step + 1e-9) / step, math.ceil(figure.high * step - 1e-9) / step
        if all(low > fence or figure.low <= fence for fence in fences) and all(
            high < fence or figure.high >= fence for fence in fences
        ):
            break
    return low, high


def _around(figure: Interval, digits: int, fences: list[float]) -> tuple[float, float, int]:
    """Return a middle and an error that cover the range and keep to its side of the fences, and their places."""
    for places in range(max(0, digits), max(0, digits) + _MOST_DIGITS):
        middle = round(figure.middle, places)
        needed = max(figure.high - middle, middle - figure.low)
        error = math.ceil(needed * 10.0**places - 1e-6) / 10.0**places
        if all(middle - error > fence or middle + error < fence or figure.low <= fence <= figure.high
               for fence in fences):  # fmt: skip
            break
    return middle, error, places


def _plain(value: float) -> str:
    """Write a number without the noise of binary fractions and without an exponent."""
    if math.isinf(value):
        return "endless"
    text = f"{value:.9f}" if abs(value) < 1 else f"{value:.6f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_unit(number: str, unit: str) -> str:
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}".strip()
