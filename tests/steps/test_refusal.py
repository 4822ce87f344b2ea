"""Bad input, through a real pytest run: exit code 4, a line for each problem with its place, and no traceback."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

# Loaded before: pytester takes away what an inner run imported, and each would load matplotlib anew.
import squall.pytest_plugin.session  # noqa: F401

pytest_plugins = ["pytester"]

SYSTEM = """\
name: shop
objectives: {success: 99%, latency: {percentile: 95, limit: 200ms}}
load: {locustfile: load/shop.py, rate: 50/s}
probe: {path: /health}
services: {api: {about: answers}, redis: {}}
platforms:
  kind:
    namespace: shop
    url: http://127.0.0.1:30080
    kustomize: manifests
    services: {api: {workload: deployment/api, service: api}}
    weaknesses: {one replica: weaknesses/one-replica}
"""
# Hypothesis' plugin would load all of it at the end of each inner run.
QUICK = ("--squall-platform", "kind", "-p", "no:locust", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
STEADY = 'Given "shop" is in its steady state'
CRASH = 'When a pod of "api" crashes'
CLAIM = "Then no request fails"
RAISE = "raise load.rate or steady.window in system.yaml"


AFTER_A_STEP = (
    'the end of the file, a row of a table, the """ of a text, a step (Given, When, Then, And, But), a tag, Examples:, '
    "Scenario:, Rule:, a comment, an empty line"
)
OPEN_TEXT = (
    '8: unexpected end of file, expected: the """ of a text, a line of text; the text that begins in line 6 is not '
    "closed"
)
TOGETHER = "When these happen together:"
ROW = '| a pod of "api" crashes |'
NO_TABLE = '4: below "these happen together:" belongs a table whose rows are: | a pod of "api" crashes |'
IN_TIME = "When these happen, each at its time:"

HEALS = '"{service:Name}" heals by itself within {limit:Duration}'
DOOR = 'the door of "api" is watched'


def no_step(line: int, text: str) -> str:
    return f'{line}: "{text}" is no step (Given, When, Then, And, But); the scenario would run without it'


def feature(*lines: str) -> str:
    return "\n".join(["Feature: F", *lines, ""])


class Project:
    """A user's folder with one system, and what pytest says of its features."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.write("scenarios/shop/system.yaml", SYSTEM)

    def write(self, name: str, content: str | bytes) -> None:
        path: Path = self._pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def feature(self, *steps: str, title: str = "S", name: str = "a") -> None:
        self.write(f"features/{name}.feature", feature(f"Scenario: {title}", *steps))

    def collect(self, *options: str) -> tuple[int, list[str], str]:
        """Return the exit code, the problems, and all that was printed."""
        ran = self._pytester.runpytest_inprocess(*QUICK, "--collect-only", "-q", *options, "features")
        said = ran.stdout.str() + ran.stderr.str()
        return int(ran.ret), [line.removeprefix("ERROR: ") for line in ran.errlines if line.strip()], said

    def run(self) -> pytest.RunResult:
        """Run it."""
        return self._pytester.runpytest_inprocess(*QUICK, "-rs", "features")

    def problems(self) -> list[str]:
        """Return the problems of a project that is refused."""
        code, problems, said = self.collect()
        assert code == pytest.ExitCode.USAGE_ERROR
        assert "Traceback" not in said
        assert "INTERNALERROR" not in said
        for problem in problems:
            assert re.match(r"(features|scenarios)/\S+:\d+: \S|.*/system\.yaml:\d+: ", problem), problem
        return problems


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)


def test_a_table_of_harms_is_collected_and_its_cells_are_filled_in(project: Project) -> None:
    steps = [STEADY, TOGETHER, '| a pod of "<s>" crashes |', '| 2 pods of "api" freeze for 5s |', CLAIM]
    project.write("features/a.feature", feature("Scenario Outline: S", *steps, "Examples:", "| s |", "| api |"))
    assert project.collect()[:2] == (0, [])


ON_LOCAL = """\
  local:
    users: api
    programs: {api: {command: x}}
    weaknesses: {slow stop: {api: {grace: 45s}}}
    releases: {is bad: {api: {environment: {BAD: 1}}}}
"""


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (
            ['And "api" has the weakness "slow stop"', CRASH],
            '"shop" has no weakness "slow stop" on kind (local has it)',
        ),
        (
            ['When a release of "api" that is bad is deployed'],
            '"shop" has no release of "api" that "is bad" on kind (local has it)',
        ),
    ],
)
def test_what_the_file_names_for_another_platform_alone_is_skipped_by_name(
    project: Project, monkeypatch: pytest.MonkeyPatch, steps: list[str], reason: str
) -> None:
    class Never:
        def close(self) -> None: ...

    monkeypatch.setattr("squall.run.wiring.platform", lambda *_: Never())
    project.write("scenarios/shop/system.yaml", SYSTEM + ON_LOCAL)
    project.feature(STEADY, *steps, CLAIM, title="A pod crashes")
    ran = project.run()
    ran.assert_outcomes(skipped=1)
    ran.stdout.fnmatch_lines([f"*{reason.replace('[', '[[]')}*"])


def test_what_has_a_meaning_is_collected(project: Project) -> None:
    project.feature(STEADY, "And 40 requests per second arrive", CRASH, CLAIM, title="A pod crashes")
    code, problems, said = project.collect()
    assert (code, problems) == (0, [])
    assert "features/a.feature::A pod crashes" in said


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            [STEADY, 'When a pod of "api" crashs', CLAIM],
            ['4: no sentence "When a pod of "api" crashs"; the nearest is: a pod of "{service:Name}" crashes'],
        ),
        (
            # How an older squall said it.
            [STEADY, f"And {DOOR}", CRASH, CLAIM],
            [f'4: no sentence "And {DOOR}"; the nearest is: calls to "{{service:Name}}" are counted'],
        ),
        (
            [STEADY, "When xyzzy", CLAIM],
            ['4: no sentence "When xyzzy"; squall list shows all sentences'],
        ),
        (
            ['Given "shop" is in its steady state over 1s', CRASH, CLAIM],
            ["2: p95 needs 200 requests of users, and the steady window of 1s has 50 at 50/s; " + RAISE],
        ),
        (
            [STEADY, CRASH, "Then requests fail for no longer than 30sec"],
            ["5: '30sec' is not a duration; write 200ms, 30s, 5m or 1h"],
        ),
        (
            [STEADY, CRASH, 'Then "api" heals by itself within 5 minutes'],
            ['5: no sentence "Then "api" heals by itself within 5 minutes"; the nearest is: ' + HEALS],
        ),
        (['Given "shoop" is in its steady state', CRASH, CLAIM], ['3: there is no system "shoop" (known: shop)']),
        ([STEADY, 'When a pod of "apy" crashes', CLAIM], ['4: "shop" has no service "apy" (it has: api, redis)']),
        (
            [STEADY, CRASH, 'Then "web" heals by itself within 5s'],
            ['5: "shop" has no service "web" (it has: api, redis)'],
        ),
        (
            [STEADY, 'And "api" has the weakness "sloth"', CRASH, CLAIM],
            ['4: "shop" has no weakness "sloth" on kind (it has: one replica)'],
        ),
        ([STEADY, CRASH, CRASH, CLAIM], ["2: a scenario harms by exactly one When sentence, not 2"]),
        (
            [STEADY, 'When a pod of "api" freezes for 11m', CLAIM],
            [
                '4: the harm lasts 660s, and "shop" permits 600s at most (lasts_at_most in system.yaml)',
            ],
        ),
        ([STEADY, CLAIM], ["2: a scenario harms by exactly one When sentence"]),
        (
            [STEADY, CRASH],
            ["2: a scenario that harms and claims nothing proves nothing; write a Then sentence"],
        ),
        ([CRASH, CLAIM], ['2: a scenario begins with exactly one: Given "SYSTEM" is in its steady state']),
        (
            [STEADY, STEADY, CRASH, CLAIM],
            ['2: a scenario begins with exactly one: Given "SYSTEM" is in its steady state'],
        ),
        ([STEADY, CLAIM, CRASH], ["4: a Then sentence comes before the When sentence that it is about"]),
        (
            [STEADY, "And 5 requests per second arrive", "And 6 requests per second arrive", CRASH, CLAIM],
            ["5: the load is stated twice"],
        ),
        (
            ['Givne "shop" is in its steady state', STEADY, CRASH, CLAIM],
            [no_step(3, 'Givne "shop" is in its steady state')],
        ),
        (
            ["Givne 5 requests per second arrive", STEADY, CRASH, CLAIM],
            [no_step(3, "Givne 5 requests per second arrive")],
        ),
        (
            [STEADY, CRASH, "Thne no request fails"],
            [f"5: expected: {AFTER_A_STEP}, got 'Thne no request fails'"],
        ),
        ([STEADY, TOGETHER, CLAIM], [NO_TABLE]),
        ([STEADY, TOGETHER, f"{ROW} 5s |", CLAIM], [NO_TABLE]),
        ([STEADY, CRASH, ROW, CLAIM], ['4: no table belongs below "a pod of "api" crashes"']),
        (
            [STEADY, TOGETHER, ROW, '| a pod of "api" crashs |', CLAIM],
            ['6: no sentence "When a pod of "api" crashs"; the nearest is: a pod of "{service:Name}" crashes'],
        ),
        (
            [STEADY, TOGETHER, ROW, '| 0 pods of "api" crash |', CLAIM],
            ['6: nobody would be harmed; write "nothing is harmed for 30s" if that is meant'],
        ),
        (
            [STEADY, TOGETHER, "| these happen together: |", CLAIM],
            ['5: "these happen together:" is no harm of its own'],
        ),
        (
            [STEADY, TOGETHER, ROW, '| a pod of "apy" crashes |', CLAIM],
            ['4: "shop" has no service "apy" (it has: api, redis)'],
        ),
        (
            [STEADY, IN_TIME, f"| 0s {ROW}", f"| 5x {ROW}", CLAIM],
            ["6: '5x' is not a duration; write 200ms, 30s, 5m or 1h"],
        ),
        (
            [STEADY, IN_TIME, f"| 3s {ROW}", f"| 5s {ROW}", CLAIM],
            ["4: the times count from the first harm, and none is at 0s (the first is at 3s)"],
        ),
        (
            ['And "shop" is in its steady state', CRASH, CLAIM],
            ["3: First step in a scenario or background must start with 'Given', 'When' or 'Then', but got And."],
        ),
    ],
)
def test_each_problem_is_one_line_with_its_place(project: Project, steps: list[str], expected: list[str]) -> None:
    project.feature(*steps)
    assert project.problems() == [f"features/a.feature:{line}" for line in expected]


ROWLESS = ["2: an outline without rows in its Examples runs nothing"]
UNTITLED = ["2: a scenario needs a title, without ::"]
NO_FEATURE = ["1: the file holds no feature; it begins with the line Feature: NAME"]
LOST = "Givne 5 requests per second arrive"
OUTLINE = ("Scenario Outline: S", STEADY, 'When a pod of "<s>" crashes', CLAIM)
FILES: Mapping[str, tuple[str | bytes, list[str]]] = {
    "empty": ("", NO_FEATURE),
    "comment": ("# later\n", NO_FEATURE),
    "latin": ("Feature: F\n\n  Überlast\n".encode("latin-1"), ["3: the file is not UTF-8: invalid continuation byte"]),
    "twice": (
        feature("Scenario: S", STEADY, CRASH, CLAIM, "Rule: R", "Scenario: S", STEADY),
        ['7: a scenario "S" is in line 2 already; rename one'],
    ),
    "untitled": (feature("Scenario:", STEADY), UNTITLED),
    "colons": (feature("Scenario: a::b", STEADY), UNTITLED),
    "background": (feature("Background:", LOST, STEADY, "Scenario: S", CRASH, CLAIM), [no_step(3, LOST)]),
    "no background": (
        feature("Given 5 requests per second arrive", "Scenario: S", STEADY, CRASH, CLAIM),
        [no_step(2, "Given 5 requests per second arrive")],
    ),
    "no rows": (
        feature(*OUTLINE, "Examples:", "| s |", "Examples: more", "| s |", "| api |"),
        ["6: these Examples have no rows: they run nothing"],
    ),
    "a column twice": (
        feature(*OUTLINE, "Examples:", "| s | s |", "| api | redis |"),
        ["7: duplicate column s"],
    ),
    "a cell too few": (
        feature(*OUTLINE, "Examples:", "| s | t |", "| api |"),
        ["8: inconsistent cell count within the table"],
    ),
    "a cell too many, twice": (
        feature("Scenario: S", STEADY, TOGETHER, "| a |", "| a | b |", CLAIM, "| c |", "| |  |"),
        ["6: inconsistent cell count within the table", "9: inconsistent cell count within the table"],
    ),
    "an open text": (
        feature("Scenario: S", STEADY, CRASH, CLAIM, '"""', "why"),
        [
            OPEN_TEXT,
        ],
    ),
    "a text": (
        feature("Scenario: S", STEADY, CRASH, CLAIM, "```", "why", "```"),
        ['6: no text belongs below "no request fails"; the scenario would run without it'],
    ),
    "a tag of two words": (
        feature("@a b", "Scenario: S", STEADY, CRASH, CLAIM),
        ["2: A tag may not contain whitespace"],
    ),
    "no language": ("# language: xx\n" + feature("Scenario: S", STEADY), ["1: Language not supported: xx"]),
    "background only": (
        feature("Background:", STEADY),
        ["1: the feature holds no scenario: nothing in it would run"],
    ),
    "a rule without scenarios": (
        feature("Scenario: S", STEADY, CRASH, CLAIM, "Rule: R", "Background:", STEADY),
        ["6: the rule holds no scenario: nothing in it would run"],
    ),
    "two backgrounds": (
        feature("Background:", STEADY, "Background:", STEADY, "Scenario: S", CRASH, CLAIM),
        [f"4: expected: {AFTER_A_STEP.replace(' Examples:,', '')}, got 'Background:'"],
    ),
    "a byte order mark": (
        "\ufeff" + feature("Scenario: S", STEADY, "When xyzzy", CLAIM),
        ['4: no sentence "When xyzzy"; squall list shows all sentences'],
    ),
    "no examples": (feature("Scenario Outline: S", STEADY, CRASH, CLAIM), ROWLESS),
    "no column": (
        feature(*OUTLINE, "Examples:", "| t | limit |", "| api | 5s |"),
        ["4: <s> is no column of the Examples in line 6 (columns: limit, t)"],
    ),
    "no column for a cell": (
        feature(
            "Scenario Outline: S",
            STEADY,
            TOGETHER,
            '| a pod of "<s>" crashes |',
            CLAIM,
            "Examples:",
            "| t |",
            "| api |",
        ),
        ["4: <s> is no column of the Examples in line 7 (columns: t)"],
    ),
    "no meaning in a row": (
        feature(*OUTLINE, "Examples:", "| s |", "| api |", "| apy |"),
        ['4: "shop" has no service "apy" (it has: api, redis)'],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_each_file_that_would_lose_something_is_refused(project: Project, name: str) -> None:
    content, expected = FILES[name]
    project.write("features/a.feature", content)
    assert project.problems() == [f"features/a.feature:{line}" for line in expected]


def test_prose_is_no_problem(project: Project) -> None:
    about = ['When a pod crashes, "users" hardly notice.', "And so on.", "Rule: R", "Given enough pods, nobody does."]
    scenario = ["Scenario: S", "Andrew wrote this; buttons are not steps.", STEADY, CRASH, CLAIM]
    project.write("features/a.feature", feature(*about, *scenario))
    assert project.collect()[:2] == (0, [])


def test_all_problems_of_all_files_are_told_in_one_go(project: Project) -> None:
    project.write("features/a.feature", "")
    unknown = ["Scenario: T", STEADY, 'When a pod of "apy" crashes', "Then no request fail"]
    project.write("features/sub/b.feature", feature("Scenario: S", STEADY, CRASH, *unknown, "Scenario: T", STEADY))
    project.feature(STEADY, 'When a pod of "apy" crashes', "Then requests fail for no longer than 30sec", name="c")
    assert [problem.split(": ")[0] for problem in project.problems()] == [
        "features/a.feature:1",
        "features/sub/b.feature:9",
        "features/c.feature:5",
        "features/c.feature:4",
        "features/sub/b.feature:2",
    ]


ALERTS = """\
alerts:
  severities: [P0, P1]
  shortened: 10
  rules:
    errors: {severity: P0, errors: 10%, for: 2m}
"""


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        (
            'Then the alert "error" fires within 5m',
            '5: "shop" has no alert "error" (it has: errors; alerts in system.yaml)',
        ),
        ('Then nothing above "P3" fires', '5: "shop" has no severity "P3" (it has: P0, P1)'),
        (
            'Then the alert "errors" fires within 1m',
            '2: "the alert "errors" fires within 1m" cannot be HELD: the rule waits for 120s before it fires',
        ),
    ],
)
def test_a_claim_about_alerts_that_no_rule_could_keep_is_refused(project: Project, claim: str, problem: str) -> None:
    project.write("scenarios/shop/system.yaml", SYSTEM + ALERTS)
    project.feature(STEADY, CRASH, claim)
    (said,) = project.problems()
    assert said.startswith(f"features/a.feature:{problem}")


def test_a_claim_about_alerts_that_a_rule_could_keep_is_collected(project: Project) -> None:
    project.write("scenarios/shop/system.yaml", SYSTEM + ALERTS)
    project.feature(STEADY, CRASH, 'Then the alert "errors" fires within 5m', "And no alert fires")
    assert project.collect()[0] == 0


def test_a_claim_about_a_gauge_needs_the_gauge(project: Project) -> None:
    project.feature(STEADY, CRASH, 'Then the gauge "free" of "api" stays below 5')
    assert project.problems() == ['features/a.feature:5: "api" has no gauge "free" (it has: none)']


def test_a_claim_about_alerts_needs_rules(project: Project) -> None:
    project.feature(STEADY, CRASH, "Then no alert fires")
    assert project.problems() == ['features/a.feature:5: "no alert fires" needs rules: alerts in system.yaml']


def test_a_system_file_that_is_wrong_is_named_by_its_own_line(project: Project) -> None:
    project.write("scenarios/shop/system.yaml", SYSTEM.replace("rate: 50/s", "rate: 50"))
    project.feature(STEADY, CRASH, CLAIM)
    (problem,) = project.problems()
    assert problem.endswith("scenarios/shop/system.yaml:3: load.rate: 50 is not a rate above 0; write 50/s")


def test_features_of_others_are_left_alone(pytester: pytest.Pytester) -> None:
    (pytester.path / "features").mkdir()
    (pytester.path / "features" / "a.feature").write_text("nonsense")
    ran = pytester.runpytest_inprocess(*QUICK, "--collect-only", "-q", "features")
    assert ran.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_only_what_proves_a_promise_is_selected(project: Project) -> None:
    one = ["@promise.A1 @severity:critical", "Scenario: S", STEADY, CRASH, CLAIM]
    project.write("features/a.feature", feature(*one, "@promise.A2", "Scenario: T", STEADY, CRASH, CLAIM))
    code, _, said = project.collect("--squall-promise", "A2", "--strict-markers")
    assert code == 0
    assert "a.feature::T" in said
    assert "a.feature::S" not in said
