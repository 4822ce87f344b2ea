"""The report over several runs in Markdown, for the summary of a job or a comment on a pull request.

Below GitHub's limits whatever happens: a comment has 65,536 characters, the summary of a step 1 MiB.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from squall.report.document import headline
from squall.report.plain import in_one_line
from squall.report.runs import Series, StoredRun
from squall.report.wording import MARKS, line
from squall.verdict import Verdict
from squall.writing.redact import redacted

# Bytes of UTF-8: never fewer than characters.
MOST = 60_000
# Of one text; a claim or a reason that is longer helps nobody in a table.
_MOST_OF_A_TEXT = 300
# What Markdown or HTML would read as something: links, mentions of people, tags, columns, emphasis.
_SPECIAL = re.compile(r"([\\`*_\[\]|#~!])")


def markdown(found: Sequence[Series], most: int = MOST) -> str:
    """Return the latest run of each series, worst first, in at most ``most`` bytes; what is left out is counted."""
    lines = [*_head(found), ""]
    room = most - len("\n".join(lines).encode()) - 200
    rows = _within(map(_row, found), room // 2)
    left_out = len(found) - len(rows)
    if found:
        lines += ["| verdict | scenario | what decides | before |", "| --- | --- | --- | --- |", *rows]
    lines += [f"\n{left_out} more scenarios are left out here: the whole is in the report's index."] if left_out else []
    room = most - len("\n".join(lines).encode()) - 200
    unmet = [each.latest for each in found if not each.latest.as_meant]
    told = _within(map(_why, unmet), room)
    untold = len(unmet) - len(told)
    lines += ["", *told] if told else []
    lines += [f"\nThe reasons of {untold} more are left out here."] if untold else []
    return "\n".join(lines) + "\n"


def escaped(text: str, most: int = _MOST_OF_A_TEXT) -> str:
    """Return a text as Markdown shows it word for word, in one line: no link, no mention, no tag, no column.

    One of more than ``most`` characters is cut off there.
    """
    clean = redacted(" ".join(text.split()))
    short = clean if len(clean) <= most else f"{clean[: most - 2]} …"
    entities = in_one_line(short).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An entity keeps a name from being a mention, and an address from being made a link.
    return _SPECIAL.sub(r"\\\1", entities).replace("@", "&#64;").replace("://", ":&#47;/").replace("www.", "www&#46;")


def _head(found: Sequence[Series]) -> Iterator[str]:
    healthy = [each.latest for each in found if not each.latest.twin]
    twins = [each.latest for each in found if each.latest.twin]
    held = sum(run.as_meant for run in healthy)
    yield f"## squall: {held} of {len(healthy)} scenarios HELD" if found else "## squall: nothing was run"
    if twins:
        yield ""
        yield f"{sum(run.as_meant for run in twins)} of {len(twins)} twins were broken, as they are meant to be."
    for run in [*healthy, *twins]:
        for text in run.judgement.not_undone:
            yield ""
            yield f"**NOT UNDONE**: {escaped(text)}"


def _row(each: Series) -> str:
    run = each.latest
    names = [", ".join(run.promises), run.plan.scenario, f"({run.plan.platform})", *_weakness(run)]
    name = escaped(" ".join(filter(None, names)))
    before = "".join(MARKS[older.judgement.verdict] for older in each.runs[-9:-1])
    decides = escaped(headline(run.judgement, run.plan.observation))
    return f"| {MARKS[run.judgement.verdict]} {escaped(run.word)} | {name} | {decides} | {before} |"


def _weakness(run: StoredRun) -> list[str]:
    return [f"with the weakness {', '.join(run.plan.weaknesses)}"] if run.twin else []


def _why(run: StoredRun) -> str:
    parts = [f"<details><summary>{escaped(run.plan.scenario)}: {escaped(run.word)}</summary>", ""]
    for finding in [*run.judgement.findings, *run.judgement.built_in]:
        if finding.verdict is not Verdict.HELD:
            parts.append(f"- {escaped(line(finding, run.plan.observation))}")
            parts += [f"  - meanwhile {escaped(text)}" for text in finding.platform]
    return "\n".join([*parts, "", f"Again: `{in_one_line(redacted(run.plan.command)).replace('`', '')}`", "</details>"])


def _within(texts: Iterable[str], room: int) -> list[str]:
    """Return the first texts that fit into so many bytes; no more of them are made than that."""
    taken: list[str] = []
    for text in texts:
        room -= len(text.encode()) + 1
        if room < 0:
            break
        taken.append(text)
    return taken
