import dataclasses
from pathlib import Path

import pytest

from squall.report.summary import summarise
from tests.report import runs

FOLDER = Path("runs/20261121T064416-a-crashed-pod")


def test_a_red_run_says_first_what_broke_by_how_much_and_by_whose_limit() -> None:
    lines = summarise(*runs.broken(), FOLDER).splitlines()
    assert lines[0] == "BROKEN: A crashed pod costs users little"
    assert "7.9 s ± 0.2 s, limit 5 s" in lines[1]
    assert runs.FAILS in lines[1]


def test_it_says_what_was_done_to_whom_and_how_it_was_proven() -> None:
    text = " ".join(summarise(*runs.broken(), FOLDER).split())
    assert "1 of api crash (SIGKILL to the main process): api-1 on squall-worker2" in text
    assert "1.4 ms after it was sent: process 4711 is gone (pidfd)" in text


def test_it_gives_each_claim_with_its_mark_and_figure() -> None:
    text = summarise(*runs.broken(), FOLDER)
    assert "✗ BROKEN: requests fail" in text
    assert '✓ "api" heals by itself within 30s\n    9.1 s ± 0.2 s, limit 30 s' in text
    assert "✓ the system is steady again" in text


def test_it_says_why_to_believe_it() -> None:
    text = " ".join(summarise(*runs.broken(), FOLDER).split())
    assert "2900 of 2900 arrivals sent; late by 1 ms at p99" in text
    assert "580 of 580 probes sent" in text
    assert "api: 3 wanted, 2 ready at the fewest, 3 at the end" in text


def test_it_names_the_record_and_what_replays_it() -> None:
    text = summarise(*runs.held(), FOLDER)
    assert f"Record    {FOLDER}\n" in text
    assert f"Replay    {runs.PLAN.command}\n" in text
    assert f"squall show --why {FOLDER}\n" in text


def test_without_an_effect_the_cause_stands_in_the_first_line() -> None:
    text = summarise(*runs.no_effect(), FOLDER)
    assert text.startswith("INCONCLUSIVE (no effect): ")
    assert "NOT PROVEN" in text
    assert "not proven at the target" in text


def test_what_was_not_undone_stands_at_the_top() -> None:
    lines = summarise(*runs.stopped_early(), FOLDER).splitlines()
    assert "NOT UNDONE: the agent pod still runs on worker2" in lines[:4]


def test_a_machine_whose_time_was_taken_is_named_as_a_reason_for_slowness() -> None:
    record, judgement = runs.broken()
    calm, short = runs.beating(record, lambda _: 0.02), runs.beating(record, lambda _: 0.6)
    texts = [" ".join(summarise(each, judgement, FOLDER).split()) for each in (calm, short)]
    assert "machine 1 % of this machine's processor time was taken by its host, 1 % at most in a second" in texts[0]
    assert "may have been slow for that reason" not in texts[0]
    assert "30 % at most in a second: what runs on it may have been slow for that reason" in texts[1]


def test_lost_arrivals_are_named() -> None:
    assert "1 dropped; 1 cut off" in " ".join(summarise(*runs.stopped_early(), FOLDER).split())


@pytest.mark.parametrize("name", runs.ALL)
def test_any_run_fits_its_width_and_has_no_colour_unless_asked(name: str) -> None:
    text = summarise(*runs.ALL[name](), FOLDER, 80)
    kept_whole = ("Record", "Replay", "Judge", "Why")
    assert all(len(line) <= 80 or line.startswith(kept_whole) for line in text.splitlines())
    assert "\x1b" not in text


def test_colour_changes_no_word() -> None:
    plain, coloured = (summarise(*runs.broken(), FOLDER, 80, colour) for colour in (False, True))
    assert "\x1b[1;31m" in coloured
    for code in ("\x1b[1;31m", "\x1b[32m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_secrets_and_control_characters_stay_out() -> None:
    record, judgement = runs.broken()
    plan = dataclasses.replace(
        record.plan,
        scenario="bell\x1b[31m",
        command="squall run --token abc123 -D postgres://app:hunter2@db/x PASSWORD=pw1",
    )
    text = summarise(dataclasses.replace(record, plan=plan), judgement, FOLDER)
    assert "postgres://***@db/x" in text
    assert not [secret for secret in ("abc123", "hunter2", "pw1", "\x1b") if secret in text]
