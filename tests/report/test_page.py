import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest

from squall.record.event import Event, GaugeRead, GaugeUnread, Noted
from squall.record.plan import ClaimPlan
from squall.report.page import hash_of, page
from squall.report.story import StoryLine, once
from tests.report import runs

HOSTILE = '<script>alert("x")</script><img src=http://evil.example/a onerror=b>'


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(html)
    return parser.seen


@pytest.mark.parametrize("name", runs.ALL)
def test_any_run_gives_a_page_that_stands_alone(name: str) -> None:
    html = page(*runs.ALL[name]())
    assert not {tag for tag, _ in tags(html)} & {"link", "iframe", "object", "embed", "form"}
    assert [given.get("type") for tag, given in tags(html) if tag == "script"] == ["application/json", None]
    for _, attributes in tags(html):
        for key, value in attributes.items():
            assert not key.startswith("on")
            if key in {"src", "href", "xlink:href", "action"}:
                assert (value or "").startswith(("#", "data:"))
    assert not re.search(r"@import|url\((?!#)", html)


def test_the_first_thing_is_what_broke() -> None:
    html = page(*runs.broken())
    assert re.search(r"<h1>BROKEN</h1>.*7\.9 s ± 0\.2 s, limit 5 s", html, re.DOTALL)
    assert html.index("<h1>") < html.index("<svg")


def test_it_holds_claims_phases_proof_and_the_way_to_repeat_it() -> None:
    html = page(*runs.broken())
    for text in ("✗ BROKEN", "9.1 s ± 0.2 s, limit 30 s", "before the harm", "8.80%", "process 4711 is gone (pidfd)",
                 "between 0 ms and 1.4 ms after it was sent", "node-monitor-grace-period", "1.36.1",
                 "squall judge runs/20261121T064416-a-crashed-pod", "--seed 7"):  # fmt: skip
        assert text in html


def test_only_its_own_script_may_run() -> None:
    html = page(*runs.broken())
    script = html.rpartition("<script>")[2].partition("</script>")[0]
    assert f"script-src '{hash_of(script)}'" in html
    assert hash_of(script + " ") not in html


def test_without_scripts_it_has_the_order_of_events_the_errors_the_states_and_the_platforms_words() -> None:
    html = page(*runs.broken()).partition('<script type="application/json"')[0]
    order = [
        html.index(text) for text in ("squall harms: api-1", "proven at api-1", "api-1 is unready", "the run is over")
    ]
    assert order == sorted(order)
    for text in ("of users, 132 times: refused", "<td>api: api-1</td><td>ready</td><td>unready</td>",
                 "+4.00 s  kubelet: Pulled image squall/specimen:1", "Otherwise</dt>"):  # fmt: skip
        assert text in html


def test_what_is_said_again_and_again_stands_once() -> None:
    told = once([StoryLine(1.0, "Unhealthy"), StoryLine(2.0, "Pulled"), StoryLine(6.4, "Unhealthy")])
    assert told == [StoryLine(1.0, "Unhealthy (2 times, last at +6.4 s)"), StoryLine(2.0, "Pulled")]


def test_what_the_script_reads_is_json_that_no_text_can_end() -> None:
    record, judgement = runs.broken()
    record = dataclasses.replace(record, timeline=[*record.timeline, Noted(runs.HARM + 1.0, "kubelet", text=HOSTILE)])
    text = page(record, judgement).partition('id="seen">')[2].partition("</script>")[0]
    seen = json.loads(text)
    assert any(HOSTILE in each["text"] for each in seen["story"])
    assert "<" not in text
    first = next(each for each in seen["bins"] if each["t"] == 0.0)
    began = runs.HARM - 0.001
    both = [*record.requests, *record.probes]
    own = [sample for sample in both if began <= sample.intended < began + 0.5]
    assert (first["count"], first["failed"]) == (len(own), sum(not sample.ok for sample in own))
    assert first["failed"]


def test_a_twin_says_that_it_is_meant_to_be_broken() -> None:
    record, judgement = runs.broken()
    plan = dataclasses.replace(record.plan, weaknesses=["one replica"])
    assert "it is meant to be BROKEN" in page(dataclasses.replace(record, plan=plan), judgement)
    assert "it is meant to be BROKEN" not in page(record, judgement)


def test_gauges_are_shown_before_and_after_the_harm() -> None:
    record, judgement = runs.broken()
    assert "showed of itself" not in page(record, judgement)
    told = [(-2.0, 5.0), (1.0, 0.0), (3.0, 4.0), (9.0, 3.5)]
    events: list[Event] = [
        GaugeRead(runs.HARM + t, "api", instance="api-1", name="pool free", value=value, took=0.01) for t, value in told
    ]
    events.append(GaugeUnread(runs.HARM, "api", instance="api-1", name="hits", reason="refused"))
    plan = dataclasses.replace(record.plan, gauges={"api": ["pool free", "hits"]})
    html = page(dataclasses.replace(record, plan=plan, timeline=[*record.timeline, *events]), judgement)
    figures = "".join(f'<td class="n">{value}</td>' for value in ("5", "0", "4", "3.5"))
    assert f"api: pool free</td><td>api-1</td>{figures}" in html
    assert "never read: refused" in html


def test_hostile_texts_are_text() -> None:
    record, judgement = runs.broken()
    plan = dataclasses.replace(record.plan, scenario=HOSTILE, command=HOSTILE, versions={HOSTILE: HOSTILE},
                               claims=[ClaimPlan(HOSTILE, "x", {})])  # fmt: skip
    events = [*record.timeline, Noted(runs.HARM + 1, HOSTILE, text=HOSTILE)]
    findings = [dataclasses.replace(judgement.findings[0], claim=HOSTILE, reason=HOSTILE)]
    html = page(
        dataclasses.replace(record, plan=plan, timeline=events), dataclasses.replace(judgement, findings=findings)
    )
    found = [tag for tag, _ in tags(html)]
    assert (found.count("script"), found.count("img")) == (2, 0)
    assert "&lt;script&gt;" in html


def test_what_was_not_undone_is_an_alarm() -> None:
    assert re.search(r'class="alarm.*the agent pod still runs on worker2', page(*runs.stopped_early()), re.DOTALL)


def test_secrets_stay_out() -> None:
    record, judgement = runs.broken()
    events = [
        *record.timeline,
        Noted(runs.HARM + 1, "pg", text="connecting to postgres://app:hunter2@db/x"),
    ]
    assert "hunter2" not in page(dataclasses.replace(record, timeline=events), judgement)


def test_a_long_timeline_is_cut_and_says_so() -> None:
    record, judgement = runs.broken()
    events = [*record.timeline, *(Noted(runs.HARM + n / 100, "x", text="y") for n in range(1000))]
    assert "more in timeline.jsonl" in page(dataclasses.replace(record, timeline=events), judgement)


def test_nothing_in_it_steers_whoever_reads_it() -> None:
    """A name that turns the direction of writing reads as another one; NUL and ESC end or steer what shows the page."""
    record, judgement = runs.broken()
    steering = dataclasses.replace(record.plan, scenario="a\u202ec\x1b[2J\0d", context="\u2066x")
    html = page(dataclasses.replace(record, plan=steering), judgement)
    assert not {"\u202e", "\u2066", "\x1b", "\0"} & {*html}
    assert "a\\u202ec\\x1b[2J\\x00d" in html
