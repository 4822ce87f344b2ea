"""The policy's file: what is read from where, and that nothing in it is guessed."""

from datetime import date
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.gate.policy import Policy, Repeats, read_policy

WHOLE = """
must_hold = ["Q2", "One pod crashes"]
may_be_inconclusive = ["Q7"]
may_be_skipped = ["Q8"]
expected_to_break = ["twin", "weak"]
baseline = "baseline.json"
repeats.Q5 = {runs = 5, held = 4}

[[QUARANTINE]]
promise = "Q3"
owner = "ana@example.org"
reason = "issue 31"
until = 2026-12-31
"""


def written(folder: Path, text: str, name: str = "squall.toml") -> Path:
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(("name", "table"), [("squall.toml", "gate"), ("pyproject.toml", "tool.squall.gate")])
def test_all_of_it_is_read_from_either_file(tmp_path: Path, name: str, table: str) -> None:
    text = f"[{table}]{WHOLE}".replace("QUARANTINE", f"{table}.quarantine")
    policy, where = read_policy(written(tmp_path, text, name))
    assert where == name
    assert policy.must_hold == ("Q2", "One pod crashes")
    assert policy.repeats == {"Q5": Repeats(runs=5, held=4)}
    assert [(each.promise, each.owner, each.until) for each in policy.quarantine] == [
        ("Q3", "ana@example.org", date(2026, 12, 31))
    ]
    assert (policy.baseline, policy.expected_to_break) == (Path("baseline.json"), ("twin", "weak"))


def test_without_one_all_must_hold(tmp_path: Path) -> None:
    assert read_policy(tmp_path) == (Policy(), "")
    assert read_policy(written(tmp_path, '[project]\nname = "x"\n', "pyproject.toml")) == (Policy(), "")
    assert Policy().must_hold == "all"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[gate", "squall.toml: not TOML: "),
        ("[gate]\nmust_hold = []", "squall.toml: gate: must_hold names no promise"),
        ("[gate]\nmust_hold = 'some'", "squall.toml: gate.must_hold"),
        ("[gate]\nmust_held = 'all'", "squall.toml: gate.must_held: there is no such key"),
        ("[gates]", "squall.toml: gates: there is no such key"),
        ("[gate.repeats.Q5]\nruns = 5\nheld = 6", "squall.toml: gate.repeats.Q5: of 5 runs 6 cannot hold"),
        ("[gate.repeats.Q5]\nruns = 0\nheld = 0", "squall.toml: gate.repeats.Q5.runs"),
        ("[[gate.quarantine]]\npromise = 'Q3'\nreason = 'x'\nuntil = 2026-12-31", "gate.quarantine.0.owner: Field req"),
        ("[[gate.quarantine]]\npromise='Q3'\nowner='a'\nreason='x'", "gate.quarantine.0.until: Field required"),
        ("[[gate.quarantine]]\npromise='Q3'\nowner=' '\nreason='x'\nuntil=2026-12-31", "gate.quarantine.0.owner"),
        ("[[gate.quarantine]]\npromise='Q3'\nowner='a'\nreason='x'\nuntil='soon'", "gate.quarantine.0.until"),
        (
            2 * "[[gate.quarantine]]\npromise='Q3'\nowner='a'\nreason='x'\nuntil=2026-12-31\n",
            "'Q3' is in quarantine tw",
        ),
    ],
)
def test_what_cannot_mean_anything_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misuse) as refused:
        read_policy(written(tmp_path, text))
    lines = str(refused.value).split("\n")
    assert any(said in line for line in lines), lines
    assert all(line.startswith(("squall.toml:", str(tmp_path))) for line in lines)


def test_two_of_them_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "[gate]\n")
    with pytest.raises(Misuse, match="both say what the gate is"):
        read_policy(written(tmp_path, "[tool.squall.gate]\nmust_hold = 'all'\n", "pyproject.toml"))


def test_a_policy_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "squall.toml").mkdir()
    with pytest.raises(Misuse, match="Is a directory"):
        read_policy(tmp_path)
    (tmp_path / "squall.toml").rmdir()
    (tmp_path / "squall.toml").write_bytes(b"\xff")
    with pytest.raises(Misuse, match="not TOML"):
        read_policy(tmp_path)


def test_a_promise_that_nobody_proves_is_refused_where_it_is_named() -> None:
    policy = Policy.model_validate({"must_hold": ["Q2"], "repeats": {"Q33": {"runs": 2, "held": 1}}})
    policy.check_names({"Q2", "Q33"}, "squall.toml")
    with pytest.raises(
        Misuse, match=r"^squall.toml: gate.repeats: no scenario is called or proves 'Q33' \(known: Q2\)$"
    ):
        policy.check_names({"Q2"}, "squall.toml")
