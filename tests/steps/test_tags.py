"""Effective tags: of feature, rule, scenario and Examples, for selection, record and marks of pytest."""

import pytest

from tests.steps.test_refusal import CLAIM, CRASH, STEADY, Project, feature

pytest_plugins = ["pytester"]
OF_ALL = "@of_feature\n" + feature(
    "@destructive @promise.E8",
    "Rule: R",
    "@checkout @severity:critical @_private @timeout",
    "Scenario Outline: S",
    STEADY,
    'When a pod of "<s>" crashes',
    CLAIM,
    "Examples: quick",
    "| s |",
    "| api |",
    "@slow @promise.E9 @day-2",
    "Examples: long",
    "| s |",
    "| api |",
    "@other",
    "Scenario: T",
    STEADY,
    CRASH,
    CLAIM,
)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    made = Project(pytester)
    made.write("features/a.feature", OF_ALL)
    return made


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (["--squall-tag", "of_feature"], 3),
        (["--squall-tag", "not destructive"], 0),
        (["--squall-promise", "E8"], 3),
        (["--squall-promise", "E9"], 1),
        (["--squall-tag", "slow"], 1),
        (["--squall-tag", "checkout and not slow"], 1),
        (["--squall-tag", "day-2"], 1),
        (["--squall-tag", "other"], 1),
        (["-m", "slow"], 1),
        (["-m", "destructive and checkout"], 2),
        (["-m", "other or slow"], 2),
    ],
)
def test_a_scenario_has_the_tags_of_all_it_stands_in(project: Project, options: list[str], titles: int) -> None:
    code, problems, said = project.collect("--strict-markers", *options)
    assert said.count("a.feature::") == titles, said
    assert (code == 0) == bool(titles)
    assert bool(problems) != bool(titles)


def test_the_record_gets_them(project: Project, pytester: pytest.Pytester) -> None:
    seen: list[list[str]] = []

    class Look:
        def pytest_collection_finish(self, session: pytest.Session) -> None:
            from squall.pytest_plugin.plugin import scenario_of

            seen.extend(list(found.tags) for item in session.items if (found := scenario_of(item)) is not None)

    words = ("-p", "no:locust", "--squall-platform", "kind", "--collect-only", "-q", "features")
    pytester.inline_run(*words, plugins=[Look()])
    common = ["destructive", "of_feature", "promise.E8"]
    of_outline = [*common, "_private", "checkout", "severity:critical", "timeout"]
    assert seen == [
        sorted(of_outline),
        sorted([*of_outline, "slow", "promise.E9", "day-2"]),
        sorted([*common, "other"]),
    ]


def test_skip_and_xfail_are_marks(project: Project, pytester: pytest.Pytester) -> None:
    project.write("features/a.feature", feature("@skip", "Scenario: S", STEADY, CRASH, CLAIM))
    project.run().assert_outcomes(skipped=1)
