"""The alert table of a system file: what it may say, and what it comes to for squall and for Prometheus."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from squall.commands.alerts import header, rules
from squall.errors import Misuse
from squall.system.system import System

FILE: dict[str, Any] = {
    "name": "shop",
    "objectives": {"success": "99%", "latency": {"limit": "200ms"}},
    "load": {"locustfile": "load/shop.py", "rate": "50/s"},
    "probe": {"path": "/health"},
    "services": {
        "api": {
            "gauges": {
                "memory": {"metric": "memory_percent"},
                "hits": {"metric": "lookups_total", "labels": {"result": "hit"}},
                "misses": {"metric": "lookups_total", "labels": {"result": "miss"}},
            }
        }
    },
    "platforms": {},
    "alerts": {
        "severities": ["P0", "P1", "P2"],
        "shortened": 10,
        "rules": {
            "errors": {"severity": "P0", "errors": "10%", "over": "1m", "for": "2m"},
            "slow": {"severity": "P1", "latency": {"percentile": 95, "limit": "500ms"}, "for": "10m"},
            "memory": {"severity": "P2", "gauge": {"service": "api", "name": "memory", "above": 90}, "for": "90s"},
            "misses": {
                "severity": "P1",
                "share": {"service": "api", "of": ["misses"], "among": ["hits", "misses"], "above": "80%"},
                "for": "1500ms",
            },
        },
    },
}


def read(folder: Path, **alerts: Any) -> System:
    path = folder / "system.yaml"
    path.write_text(yaml.safe_dump({**FILE, "alerts": {**FILE["alerts"], **alerts}}, sort_keys=False))
    return System.read(path)


def test_durations_are_divided_by_the_factor(tmp_path: Path) -> None:
    table = read(tmp_path).alerts
    assert table is not None
    errors, slow, memory, misses = table.plans()
    assert (errors.source, errors.limit, errors.over, errors.lasting, errors.every) == ("errors", 10, 6, 12, 0.1)
    assert (slow.source, slow.limit, slow.percentile, slow.lasting, slow.rank) == ("latency", 500, 95, 60, 1)
    assert (memory.source, memory.limit, memory.gauges, memory.below) == ("gauge", 90, ("memory",), False)
    assert (misses.source, misses.limit, misses.among) == ("share", 80, ("hits", "misses"))


@pytest.mark.parametrize(
    ("alerts", "problem"),
    [
        ({"shortened": 11}, "less than or equal to 10"),
        ({"shortened": 0.5}, "greater than or equal to 1"),
        ({"severities": ["P1", "P2"]}, "errors: P0 is not one of the severities (P1, P2)"),
        ({"every": "0s"}, "every: rules are evaluated every so many seconds"),
        ({"rules": {"a": {"severity": "P0"}}}, "name one condition: errors, latency, gauge or share"),
        ({"rules": {"a": {"severity": "P0", "errors": "1%", "latency": {"limit": "1s"}}}}, "name one condition"),
        ({"rules": {"a": {"severity": "P0", "gauge": {"service": "api", "name": "memory"}}}}, "either above or below"),
        (
            {"rules": {"a": {"severity": "P0", "gauge": {"service": "api", "name": "cpu", "above": 1}}}},
            'alerts.rules.a: the service "api" has no gauge "cpu" (it has: memory, hits, misses)',
        ),
        (
            {"rules": {"a": {"severity": "P0", "gauge": {"service": "db", "name": "cpu", "above": 1}}}},
            'alerts.rules.a: the service "db" has no such name',
        ),
    ],
)
def test_what_means_nothing_is_refused_by_its_line(tmp_path: Path, alerts: dict[str, Any], problem: str) -> None:
    with pytest.raises(Misuse) as refused:
        read(tmp_path, **alerts)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{tmp_path}/system.yaml:")
    assert problem in line


def test_the_rules_are_written_for_prometheus_in_whole_durations(tmp_path: Path) -> None:
    system = read(tmp_path)
    assert system.alerts is not None
    written: Any = rules(system, system.alerts)
    (group,) = written["groups"]
    made = {rule["alert"]: rule for rule in group["rules"]}
    assert group["interval"] == "1s"
    assert made["errors"] == {
        "alert": "errors",
        "expr": '100 * (sum(rate(http_requests_total{status=~"5.."}[60s])) or vector(0)) '
        "/ sum(rate(http_requests_total[60s])) > 10",
        "for": "120s",
        "labels": {"severity": "P0", "system": "shop"},
    }
    assert "histogram_quantile(0.95" in made["slow"]["expr"]
    assert made["memory"]["expr"] == "memory_percent > 90"
    assert made["misses"]["for"] == "1500ms"
    assert any("divided by 10" in line for line in header(system.alerts))
