"""A gauge of a service: which samples of its instances' metrics it is, and what they come to. Pure.

A page may hold thousands of lines and is read every second: only those of the gauge's metric are parsed.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from squall.system.strict import Strict

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

Combination = Literal["sum", "max", "min"]
_COMBINED: Mapping[Combination, Callable[[Sequence[float]], float]] = {"sum": math.fsum, "max": max, "min": min}


class Gauge(Strict):
    """A figure that each instance exports in Prometheus's text format, read once a second while a scenario runs.

    It is the sample of ``metric`` at ``path`` whose labels are those in ``labels``; others it may have besides. If
    several samples fit, ``combine`` says what they come to; without it there must be just one.
    """

    metric: Annotated[str, Field(pattern="^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    path: Annotated[str, Field(pattern=r"^/\S*$")] = "/metrics"
    labels: Mapping[Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")], str] = {}
    combine: Combination | None = None

    def value(self, page: str) -> float:
        """Return the value in a page of metrics.

        Raises:
            Unread: the page has no such sample, more than one, or one that is no finite number; or a line of the metric
                is not in the text format.
        """
        found = [each.value for each in samples(page, self.metric) if self._fits(each.labels)]
        if not found:
            raise Unread(f"there is no {self}")
        if self.combine is None and len(found) > 1:
            raise Unread(f"{len(found)} samples are {self}; name their labels, or how they combine")
        value = _COMBINED[self.combine](found) if self.combine else found[0]
        if not math.isfinite(value):
            raise Unread(f"{self} is {value}")
        return value

    def __str__(self) -> str:
        named = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f"{self.metric}{{{named}}}" if named else self.metric

    def _fits(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(name) == value for name, value in self.labels.items())


class Unread(ValueError):
    """A page of metrics does not say what a gauge is."""


def samples(page: str, metric: str) -> "Iterator[Sample]":
    """Yield the samples of a metric in the order of the page.

    Raises:
        Unread: a line of this metric is not in the text format; it is named by its number.
    """
    # Its import takes 50 ms, and system files are read by commands that ask for no gauge.
    from prometheus_client.parser import text_string_to_metric_families

    length = len(metric)
    for number, line in enumerate(page.split("\n"), start=1):
        text = line.strip()
        # The name ends where its characters do: http_requests is not http_requests_total.
        if not text.startswith(metric) or text[length : length + 1] not in {"{", " ", "\t"}:
            continue
        try:
            found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        except (ValueError, IndexError) as error:
            raise Unread(f"{metric}: line {number} is not in Prometheus's text format: {text[:80]}") from error
        yield from found
