"""How figures and findings are written for people: as many digits as their error deserves, never on the wrong side.

Rounding is outwards, and goes on to more digits until the written range lies where the true one does: a figure that
is beyond its limit never reads as if it touched it.
"""

import math
import re

from squall.interval import Interval
from squall.verdict import Finding, Verdict

MARKS = {Verdict.HELD: "✓", Verdict.BROKEN: "✗", Verdict.INCONCLUSIVE: "?"}
# A range wider than this share of its middle reads better from end to end than with a plus-minus.
_WIDE = 0.25
_MOST_DIGITS = 6
_COMPARED = re.compile(r"^(?P<what>.*): .*the limit of .*$", re.DOTALL)


def amount(value: float, unit: str) -> str:
    """Write a number that is known, such as a limit: ``5 s``, ``200 ms``, ``99.5%``, ``3 requests``."""
    return _with_unit(_plain(value), unit)


def figure(measured: Interval, unit: str, limit: float | None = None, observation: float | None = None) -> str:
    """Write a measured range: ``7.9 s ± 0.2 s``, ``3 to 5 requests``, ``not within the observation (60 s)``."""
    if math.isinf(measured.high):
        return _endless(measured.low, unit, limit, observation)
    fences = [fence for fence in (limit, 0.0, 100.0 if unit == "%" else None) if fence is not None]
    if measured.error == 0:
        return _with_unit(_exact(measured.low, fences), unit)
    digits = -math.floor(math.log10(measured.error) + 1e-9)
    if unit != "requests" and measured.error <= _WIDE * measured.middle:
        middle, error, places = _around(measured, digits, fences)
        return f"{_with_unit(f'{middle:.{places}f}', unit)} ± {_with_unit(f'{error:.{places}f}', unit)}"
    low, high = _outwards(measured, digits, fences)
    return f"{_plain(low)} to {_with_unit(_plain(high), unit)}"


def verdict(finding: Finding) -> str:
    """Write the verdict with its cause: ``INCONCLUSIVE (no effect)``."""
    return f"{finding.verdict.name} ({finding.cause})" if finding.cause else finding.verdict.name


def held_against(finding: Finding, observation: float | None = None) -> str:
    """Write the figure and its limit, or why there is none: ``7.9 s ± 0.2 s, limit 5 s``."""
    if finding.measured is None:
        return finding.reason
    text = figure(finding.measured, finding.unit, finding.limit, observation)
    if _voided(finding):
        return f"{finding.reason}; what was seen: {text}"
    return text if finding.limit is None else f"{text}, limit {amount(finding.limit, finding.unit)}"


def detail(finding: Finding) -> str:
    """Return what the reason says beyond the figure and its limit; empty if that is nothing."""
    if finding.measured is None or _voided(finding):
        return ""
    compared = _COMPARED.match(finding.reason)
    return compared["what"] if compared else finding.reason


def line(finding: Finding, observation: float | None = None) -> str:
    """Write a finding in one line: ``BROKEN: 7.9 s ± 0.2 s, limit 5 s — “requests fail for no longer than 5s”``."""
    text = finding.reason if _voided(finding) else held_against(finding, observation)
    return " ".join(f"{verdict(finding)}: {text} — “{finding.claim}”".split())


def _voided(finding: Finding) -> bool:
    return finding.cause is not None and finding.cause.voids_all


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


def _outwards(measured: Interval, digits: int, fences: list[float]) -> tuple[float, float]:
    """Return the range rounded outwards, with no end beyond a fence that the true end keeps to."""
    for more in range(_MOST_DIGITS):
        step = 10.0 ** (digits + more)
        low, high = math.floor(measured.low * step + 1e-9) / step, math.ceil(measured.high * step - 1e-9) / step
        if all(low > fence or measured.low <= fence for fence in fences) and all(
            high < fence or measured.high >= fence for fence in fences
        ):
            break
    return low, high


def _around(measured: Interval, digits: int, fences: list[float]) -> tuple[float, float, int]:
    """Return a middle and an error that cover the range and keep to its side of the fences, and their places."""
    for places in range(max(0, digits), max(0, digits) + _MOST_DIGITS):
        middle = round(measured.middle, places)
        needed = max(measured.high - middle, middle - measured.low)
        error = math.ceil(needed * 10.0**places - 1e-6) / 10.0**places
        if all(middle - error > fence or middle + error < fence or measured.low <= fence <= measured.high
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
