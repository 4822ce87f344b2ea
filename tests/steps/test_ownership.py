"""Feature files of others, and system files that are broken: left alone, and in nobody's way."""

from collections.abc import Mapping

import pytest

from tests.steps.test_refusal import CLAIM, CRASH, STEADY, SYSTEM, Project, feature

pytest_plugins = ["pytester"]
THEIRS = feature("Scenario: log in", "Given a registered user", "When she logs in", "Then she sees her page")
THEIR_TEST = """
from pytest_bdd import given, scenarios, then, when

scenarios({folder!r})

@given("a registered user")
def _(): ...

@when("she logs in")
def _(): ...

@then("she sees her page")
def _(): ...
"""
OF_OTHERS: Mapping[str, str] = {
    "behave": THEIRS,
    "with tags of theirs": "@jira:AB-1 @wip.later\n" + THEIRS,
    "not even Gherkin": THEIRS + "  Wenn nothing\n  Given a\n  nonsense\n",
    "another language": "# language: de\nFunktionalität: F\nSzenario: S\nAngenommen jemand\nDann alles gut\n",
    "another language that falls apart": "# language: de\nFunktionalität: F\nSzenario: S\nDann gut\nUnsinn\n@a\n",
    "texts and tables": feature("Scenario: S", "Given a page:", '"""', "text", '"""', "Then rows:", "| a | b |"),
}


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)


def test_tests_of_pytest_bdd_run_beside_systems(project: Project, pytester: pytest.Pytester) -> None:
    project.write("tests/features/login.feature", "@jira:AB-1\n" + THEIRS)
    project.write("tests/test_login.py", THEIR_TEST.format(folder="features"))
    project.write("tests/test_other.py", "def test_it():\n    pass\n")
    ran = pytester.runpytest_inprocess("-p", "no:locust", "-p", "no:cacheprovider", "tests")
    ran.assert_outcomes(passed=2)


def test_their_tests_may_lie_among_ours(project: Project, pytester: pytest.Pytester) -> None:
    project.write("features/web/login.feature", THEIRS)
    project.write("features/web/test_login.py", THEIR_TEST.format(folder="."))
    project.feature(STEADY, CRASH, CLAIM)
    ran = pytester.runpytest_inprocess(
        "-p", "no:locust", "-p", "no:cacheprovider", "--squall-platform", "kind", "--collect-only", "-q", "features"
    )
    assert ran.ret == 0
    ran.stdout.fnmatch_lines_random(["features/a.feature::S", "features/web/test_login.py::test_log_in"])


@pytest.mark.parametrize("kind", OF_OTHERS)
def test_what_is_not_ours_does_not_block_what_is(project: Project, kind: str) -> None:
    project.write("features/web/theirs.feature", OF_OTHERS[kind])
    project.feature(STEADY, CRASH, CLAIM)
    code, problems, said = project.collect()
    assert (code, problems) == (0, [])
    assert "features/a.feature::S" in said
    assert "theirs" not in said


@pytest.mark.parametrize(
    "steps",
    [
        ['Given "shop" is stable', "When things go wrong", "Then nobody notices"],
        ['Given something is in a steady state', "When things go wrong", "Then no requests fail"],
    ],
)  # fmt: skip
def test_what_was_meant_for_us_is_not_passed_over(project: Project, steps: list[str]) -> None:
    project.feature(*steps)
    assert 'features/a.feature:3: no sentence "Given' in project.problems()[0]


def test_what_is_named_is_ours(project: Project, pytester: pytest.Pytester) -> None:
    project.write("features/theirs.feature", THEIRS)
    words = ("-p", "no:locust", "--squall-platform", "kind", "--collect-only", "-q")
    named = pytester.runpytest_inprocess(*words, "features/theirs.feature")
    assert named.ret == pytest.ExitCode.USAGE_ERROR
    assert 'no sentence "Given a registered user"' in named.stderr.str()


BROKEN = SYSTEM.replace("rate: 50/s", "rate: 50")


@pytest.mark.parametrize("broken", [BROKEN, "}{", "", "a: 1\na: 2\n"])
def test_the_broken_file_of_another_system_is_in_nobodys_way(project: Project, broken: str) -> None:
    project.write("scenarios/another/system.yaml", broken.replace("name: shop", "name: another"))
    project.feature(STEADY, CRASH, CLAIM)
    assert project.collect()[:2] == (0, [])


def test_a_broken_file_is_named_when_its_system_is_meant(project: Project) -> None:
    project.write("scenarios/folder/system.yaml", BROKEN.replace("name: shop", "name: another"))
    project.feature(STEADY.replace("shop", "another"), CRASH, CLAIM)
    assert "scenarios/folder/system.yaml:3: load.rate" in project.problems()[0]


def test_two_systems_of_one_name_are_refused(project: Project) -> None:
    project.write("scenarios/copy/system.yaml", SYSTEM)
    project.feature(STEADY, CRASH, CLAIM)
    (problem,) = project.problems()
    assert 'two files describe a system "shop"' in problem


def test_a_fault_in_one_file_does_not_block_what_is_selected_elsewhere(project: Project) -> None:
    project.write("scenarios/cart/system.yaml", SYSTEM.replace("name: shop", "name: cart"))
    project.feature(STEADY, CRASH, CLAIM)
    project.write("features/b.feature", feature("Scenario: B", STEADY.replace("shop", "cart"), CRASH, "Thne"))
    project.feature(STEADY.replace("shop", "cart"), CRASH, CLAIM, title="a::c", name="c")
    assert project.collect("--squall-system", "shop")[:2] == (0, [])
    code, problems, _ = project.collect("--squall-system", "cart")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert [problem.split(": ")[0] for problem in problems][:2] == ["features/b.feature:5", "features/c.feature:2"]
