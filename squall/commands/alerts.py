"""``squall alerts``: the alert table of a system as rules for Prometheus."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import yaml
from pydantic import JsonValue as Json

from squall.errors import Misuse
from squall.system.alerts import AlertTable, Rule
from squall.system.gauge import Gauge
from squall.system.system import System, find_system


@click.command(name="alerts")
@click.argument("system")
def command(system: str) -> None:
    """Print the alert table of a system as a file of rules for Prometheus (promtool check rules).

    Durations are those of the system file, not shortened. What users' requests are called in the system's own metrics
    is in alerts.metrics.

    \b
    Examples:
      squall alerts quantum-rerank
      squall alerts shop
    """
    found = find_system(system, Path.cwd())
    if found.alerts is None:
        raise Misuse(f"{found.folder / 'system.yaml'}: {found.name} has no alerts")
    click.echo("\n".join(header(found.alerts)))
    click.echo(yaml.safe_dump(rules(found, found.alerts), sort_keys=False, allow_unicode=True, width=1000), nl=False)


def header(table: AlertTable) -> Iterator[str]:
    """Yield comments: where the rules are from, and by how much squall shortens them."""
    yield "# Written by squall alerts from system.yaml."
    if table.shortened != 1:
        yield f"# squall evaluates them with durations and limits divided by {table.shortened:g}; these are whole."


def rules(system: System, table: AlertTable) -> Mapping[str, Json]:
    """Return the file of rules: one group, evaluated as often as the table says."""
    made: list[Json] = [
        {
            "alert": name,
            "expr": expression(system, table, rule),
            "for": duration(rule.lasting),
            "labels": {"severity": rule.severity, "system": system.name},
        }
        for name, rule in table.rules.items()
    ]
    return {"groups": [{"name": system.name, "interval": duration(table.every), "rules": made}]}


def expression(system: System, table: AlertTable, rule: Rule) -> str:
    """Return a rule's condition in PromQL."""
    over, metrics = duration(rule.over), table.metrics
    if rule.errors is not None:
        failed = f"sum(rate({metrics.requests}{{{metrics.failed}}}[{over}])) or vector(0)"
        return f"100 * ({failed}) / sum(rate({metrics.requests}[{over}])) > {rule.errors:g}"
    if rule.latency is not None:
        share = rule.latency.percentile / 100
        waits = f"histogram_quantile({share:g}, sum by (le) (rate({metrics.seconds}_bucket[{over}])))"
        return f"{waits} > {rule.latency.limit:g}"
    if rule.gauge is not None:
        gauge = system.services[rule.gauge.service].gauges[rule.gauge.name]
        value = _selected(gauge) if gauge.combine is None else f"{gauge.combine} by (instance) ({_selected(gauge)})"
        return f"{value} {_than(rule.gauge.above, rule.gauge.below)}"
    assert rule.share is not None  # noqa: S101 - a rule has one condition
    gauges = system.services[rule.share.service].gauges
    of, among = (
        " + ".join(f"sum(rate({_selected(gauges[name])}[{over}]))" for name in names)
        for names in (rule.share.of, rule.share.among)
    )
    return f"100 * ({of}) / ({among}) {_than(rule.share.above, rule.share.below)}"


def duration(seconds: float) -> str:
    """Write seconds as Prometheus reads them: whole seconds, or whole milliseconds."""
    return f"{seconds:.0f}s" if seconds == round(seconds) else f"{round(1000 * seconds)}ms"


def _selected(gauge: Gauge) -> str:
    named = ",".join(f'{name}="{_escaped(value)}"' for name, value in gauge.labels.items())
    return f"{gauge.metric}{{{named}}}" if named else gauge.metric


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _than(above: float | None, below: float | None) -> str:
    return f"> {above:g}" if above is not None else f"< {below:g}"
