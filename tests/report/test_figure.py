import dataclasses
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from squall.interval import Interval
from squall.record.calls import SecondOfCalls
from squall.record.columns import Samples
from squall.record.event import CallsCounted, InstanceListed, InstancesListed, Noted, ReleaserEnded, SteadyFound
from squall.record.plan import AlertPlan, ClaimPlan
from squall.report.evidence import zero
from squall.report.figure import draw
from squall.report.panels import MOST_NOTES
from squall.report.scatter import thinned
from tests.report import runs

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: bytes) -> str:
    return " | ".join("".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314 - ours


@pytest.mark.parametrize("name", runs.ALL)
def test_any_run_gives_an_image_that_parses_and_names_its_verdict(name: str) -> None:
    record, judgement = runs.ALL[name]()
    shown = texts(draw(record, judgement))
    assert judgement.verdict.name in shown
    assert record.plan.scenario in shown


def test_the_outage_the_limit_and_the_notes_are_written_in_it() -> None:
    shown = texts(draw(*runs.broken()))
    assert "7.9 s ± 0.2 s, limit 5 s" in shown
    assert re.search(r"failing \+0\.1 s to \+8\.0 s \(8\.\d+ s ± 0\.\d+ s\)", shown)
    assert "limit 200 ms" in shown
    assert "kubelet: Back-off restarting failed container" in shown
    assert "seconds after the harm" in shown


def test_how_a_releaser_ended_is_written_in_it_however_much_others_say() -> None:
    record, judgement = runs.broken()
    at = zero(record)
    said = [Noted(at + each / 10, "kubelet", f"chatter {each}") for each in range(2 * MOST_NOTES)]
    end = ReleaserEnded(at + 9.0, "api", "the releaser ended with exit code 7, saying: no", 7, ("no",))
    loud = dataclasses.replace(record, timeline=[*record.timeline, *said, end])
    shown = texts(draw(loud, judgement))
    assert "the releaser ended with exit code 7, saying: no" in shown
    assert shown.count("chatter") == MOST_NOTES - 1


def test_alerts_calls_and_replicas_have_a_line_where_a_claim_is_about_them() -> None:
    record, judgement = runs.broken()
    seconds = tuple(
        SecondOfCalls(runs.START + n, 50, 50 - 40 * (20 <= n < 28), 40 * (20 <= n < 28), 0) for n in range(58)
    )
    counted = CallsCounted(runs.END, "redis", "redis-1", runs.START, runs.END, seconds)
    steady = SteadyFound(runs.HARM, "squall", runs.START, runs.HARM)
    rule = AlertPlan("errors above 5%", "P1", 1, "errors", 5.0, over=5.0)
    told = [ClaimPlan("opens", "BreakerOpens", {"service": "redis", "limit": 5.0, "trials": 1, "every": 5.0}),
            ClaimPlan("fires", "AlertFires", {"alert": "errors above 5%", "limit": 9.0}),
            ClaimPlan("scales", "ReplicasReach", {"service": "web", "count": 2, "limit": 9.0})]  # fmt: skip
    plan = dataclasses.replace(record.plan, alerts=(rule,), instances={"api": 3, "web": 2})
    listed = InstancesListed(runs.START, "web", instances=(InstanceListed("web-1", "w1", ready=True),))
    seen = dataclasses.replace(record, plan=plan, timeline=[*record.timeline, counted, steady, listed])
    without = texts(draw(seen, judgement))
    shown = texts(draw(dataclasses.replace(seen, plan=dataclasses.replace(plan, claims=told)), judgement))
    for text in ("calls to redis", "errors above 5% (P1): fires +", "web ready (2 wanted)"):
        assert text in shown
        assert text not in without


def test_notes_that_are_said_again_stand_once_and_numbers_do_not_lie_over_one_another() -> None:
    record, judgement = runs.broken()
    again = [Noted(runs.HARM + 0.7 + n / 10, "kubelet", text="Back-off restarting failed container") for n in range(9)]
    shown = texts(draw(dataclasses.replace(record, timeline=[*record.timeline, *again]), judgement))
    assert shown.count("Back-off restarting") == 1
    close = dataclasses.replace(record, timeline=[*record.timeline, Noted(runs.HARM + 0.7, "kubelet", text="another")])
    assert "| 1-2 |" in texts(draw(close, judgement))


def test_the_cause_of_an_inconclusive_run_is_in_the_title() -> None:
    assert "INCONCLUSIVE (no effect)" in texts(draw(*runs.no_effect()))


def test_a_run_that_harms_nobody_shows_no_harm() -> None:
    shown = texts(draw(*runs.null()))
    assert "none failed" in shown
    assert "| harm |" not in f"| {shown} |"


def test_a_harm_that_lasts_is_shaded() -> None:
    instant, lasting = (draw(runs.record(None, plan), runs.held()[1]) for plan in (runs.PLAN, runs.lasting_plan(20.0)))
    assert len(lasting) > len(instant)


def test_the_same_run_gives_the_same_bytes() -> None:
    assert draw(*runs.broken()) == draw(*runs.broken())


def test_hostile_names_do_not_break_it() -> None:
    record, judgement = runs.broken()
    plan = dataclasses.replace(record.plan, scenario="<script>$x^2$ & \x00\ufffe ]]>")
    assert "<script>$x^2$ &" in texts(draw(dataclasses.replace(record, plan=plan), judgement))


def test_many_points_are_thinned_and_every_failure_is_kept() -> None:
    many = list(runs.samples(500, "load", Interval(runs.HARM, runs.HARM + 8)))
    record, judgement = runs.broken()
    svg = draw(dataclasses.replace(record, requests=Samples.of(many), probes=Samples.of([])), judgement).decode()
    failed = sum(not sample.ok for sample in many)
    assert 4 * failed < len(many)
    assert svg.count("<use ") < 7000 + failed
    assert "shown)" in svg


def test_thinning_keeps_the_slowest() -> None:
    many = list(runs.samples(500, "load", Interval(runs.HARM, runs.HARM + 1)))
    kept = thinned(Samples.of(many), 1000)
    assert len(kept) <= 1100
    assert max(s.latency for s in kept) == max(s.latency for s in many)


def test_reports_import_matplotlib_and_jinja_only_when_they_draw() -> None:
    code = "import sys, json, squall.report.page, squall.report.allure; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    assert not {"matplotlib", "jinja2", "allure", "rich"} & set(loaded)
