"""The latest run of each series as OpenMetrics text: for node_exporter's textfile collector, or a push gateway."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest

from squall.report.plain import in_one_line
from squall.report.runs import Series, StoredRun
from squall.verdict import Finding, Verdict
from squall.writing.redact import redacted

_OF_RUN = ("system", "platform", "feature", "scenario", "weakness", "promises")
_OF_CLAIM = (*_OF_RUN, "claim", "unit")


class _Latest:
    """What a registry asks for its metrics."""

    def __init__(self, found: Sequence[Series]) -> None:
        self._runs = [each.latest for each in found]

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with a sample for each run, or for each claim that has such a figure."""
        verdicts = GaugeMetricFamily("squall_run_verdict", "1 for what the run came to", labels=(*_OF_RUN, "verdict"))
        meant = GaugeMetricFamily("squall_run_as_meant", "1: healthy and HELD, or a twin and BROKEN", labels=_OF_RUN)
        began = GaugeMetricFamily("squall_run_began_seconds", "When it was planned, since 1970", labels=_OF_RUN)
        for run in self._runs:
            labels = _labels(run)
            for verdict in Verdict:
                verdicts.add_metric([*labels, verdict.name], float(verdict is run.judgement.verdict))
            meant.add_metric(labels, float(run.as_meant))
            began.add_metric(labels, run.when)
        yield from (verdicts, meant, began, *self._figures())

    def _figures(self) -> Iterator[Metric]:
        low = GaugeMetricFamily("squall_claim_low", "The low end of a claim's figure", labels=_OF_CLAIM)
        high = GaugeMetricFamily("squall_claim_high", "The high end of a claim's figure", labels=_OF_CLAIM)
        limit = GaugeMetricFamily("squall_claim_limit", "What a claim's figure is held against", labels=_OF_CLAIM)
        for run in self._runs:
            for finding in _once([*run.judgement.findings, *run.judgement.built_in]):
                labels = [*_labels(run), _text(finding.claim), finding.unit]
                if finding.figure is not None:
                    low.add_metric(labels, finding.figure.low)
                    high.add_metric(labels, finding.figure.high)
                if finding.limit is not None:
                    limit.add_metric(labels, finding.limit)
        yield from (low, high, limit)


def openmetrics(found: Sequence[Series]) -> bytes:
    """Return it as OpenMetrics text; an end that a figure has not is ``+Inf``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Latest(found))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Return the last finding of each sentence: a series of metrics has one value."""
    return list({finding.claim: finding for finding in findings}.values())


def _labels(run: StoredRun) -> list[str]:
    plan = run.plan
    weakness, promises = ", ".join(plan.weaknesses), ", ".join(run.promises)
    given = plan.system, plan.platform, plan.feature, plan.scenario, weakness, promises
    return [_text(value) for value in given]


def _text(value: str) -> str:
    return in_one_line(redacted(value))
