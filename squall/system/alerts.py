"""Alerts of a system file: the rules of its ``alerts``, and the ``alertmanager`` in which they are silenced."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from squall.record.plan import AlertPlan
from squall.system.strict import Strict, Variable
from squall.units import Duration, Percent

LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class Alertmanager(Strict):
    """An Alertmanager in which alerts are silenced while a run goes on: those that bear all of these ``labels``.

    ``variable`` of squall's own environment holds a bearer token, if one is asked for.
    """

    url: Annotated[str, Field(pattern="^https?://")]
    labels: Annotated[Mapping[LabelName, str], Field(min_length=1)]
    variable: Variable | None = None


class SlowShare(Strict):
    """A percentile of how long users wait for an answer, good or bad, and its limit."""

    percentile: Annotated[float, Field(gt=0, lt=100)] = 95
    limit: Duration


class GaugeRule(Strict):
    """A gauge of a service, of each of its instances by itself; ``above`` or ``below`` is the limit."""

    service: str
    name: str
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("name either above or below")
        return self


class ShareRule(Strict):
    """Which share (%) of what counters of a service ``among`` all count those in ``of`` do, over the rule's window."""

    service: str
    of: Annotated[tuple[str, ...], Field(min_length=1)]
    among: Annotated[tuple[str, ...], Field(min_length=1)]
    above: Percent | None = None
    below: Percent | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("name either above or below")
        return self


class Rule(Strict):
    """One rule: its severity, one condition, and ``for`` how long that must last before it fires.

    ``errors`` is the share of users' requests that fail, ``latency`` how long they wait; both, and ``share``, over the
    last ``over`` seconds.
    """

    severity: str
    errors: Percent | None = None
    latency: SlowShare | None = None
    gauge: GaugeRule | None = None
    share: ShareRule | None = None
    over: Duration = 60.0
    lasting: Annotated[Duration, Field(alias="for")] = 0.0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.errors, self.latency, self.gauge, self.share)) != 1:
            raise ValueError("name one condition: errors, latency, gauge or share")
        return self

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """Return the gauges that it reads, by service."""
        if self.gauge is not None:
            return {self.gauge.service: (self.gauge.name,)}
        return {self.share.service: (*self.share.of, *self.share.among)} if self.share is not None else {}


class Metrics(Strict):
    """What the system itself exports of its users' requests, for the rules as Prometheus evaluates them.

    ``requests`` is a counter, ``failed`` the matchers of its labels that make them failures, ``seconds`` a histogram.
    """

    requests: str = "http_requests_total"
    failed: str = 'status=~"5.."'
    seconds: str = "http_request_duration_seconds"


class AlertTable(Strict):
    """The alert table: rules by name, severities from the gravest to the least, and how often rules are evaluated.

    ``shortened`` divides all of its durations, and the limits of claims about alerts, so that a rule that waits for ten
    minutes can be tried in one. It is in each finding and in each report.
    """

    severities: Annotated[tuple[str, ...], Field(min_length=1)]
    rules: Mapping[Annotated[str, Field(pattern=r'^[^\s"]([^"\n]*[^\s"])?$')], Rule]
    every: Duration = 1.0
    shortened: Annotated[float, Field(ge=1, le=10)] = 1.0
    metrics: Metrics = Metrics()

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, rule in self.rules.items():
            if rule.severity not in self.severities:
                listed = ", ".join(self.severities)
                raise ValueError(f"{name}: {rule.severity} is not one of the severities ({listed})")
        if self.every <= 0:
            raise ValueError("every: rules are evaluated every so many seconds; write 1s or more")
        return self

    def plans(self) -> tuple[AlertPlan, ...]:
        """Return the rules as they are evaluated."""
        return tuple(self._plan(name, rule) for name, rule in self.rules.items())

    def _plan(self, name: str, rule: Rule) -> AlertPlan:
        source, limit, below = _condition(rule)
        named = rule.share or rule.gauge
        return AlertPlan(
            name, rule.severity, self.severities.index(rule.severity), source, limit, below,
            percentile=rule.latency.percentile if rule.latency else 0.0,
            service=named.service if named else "",
            gauges=(rule.gauge.name,) if rule.gauge else rule.share.of if rule.share else (),
            among=rule.share.among if rule.share else (),
            over=rule.over / self.shortened, lasting=rule.lasting / self.shortened,
            every=self.every / self.shortened, shortened=self.shortened,
        )  # fmt: skip


def _condition(rule: Rule) -> tuple[str, float, bool]:
    """Return what a rule looks at, its limit in the unit of that, and whether the value must be below."""
    if rule.errors is not None:
        return "errors", rule.errors, False
    if rule.latency is not None:
        return "latency", 1000 * rule.latency.limit, False
    named, source = (rule.gauge, "gauge") if rule.gauge else (rule.share, "share")
    assert named is not None  # noqa: S101 - a rule has one condition
    below = named.above is None
    return source, float((named.below if below else named.above) or 0.0), below
