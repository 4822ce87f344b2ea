"""The reference, written from the code: ``python -m docs.generate``; with ``--check`` it only says what is out of date.

Each page says what docstrings, types and the vocabulary say; nothing is written here that the code does not say.
"""

import dataclasses
import importlib
import inspect
import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import click

from docs.markdown import first, plain, table
from docs.picture import picture
from docs.promises_page import promises_page
from docs.rooms import graph, rooms
from docs.system_page import system_page, system_schema
from squall.agent.harms.registry import harms_by
from squall.claims.registry import claims
from squall.cli import COMMANDS, cli
from squall.faults.by_agent import ByAgent
from squall.faults.fault import Fault
from squall.faults.registry import compositions, faults
from squall.platforms.capability import Platform
from squall.platforms.containers.platform import ComposePlatform
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.allowed import Kubernetes
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.object_harms import ObjectHarms
from squall.platforms.processes.platform import LocalPlatform
from squall.record import event
from squall.record import folder as record
from squall.record.event import KINDS, Event
from squall.record.folder import schemas
from squall.record.plan import SCHEMA
from squall.report.document import REPORT
from squall.steps.rows import Row
from squall.steps.sentence import VOCABULARY, Sentence
from squall.steps.vocabulary import modules

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by python -m docs.generate; edit the code that it is taken from. -->\n\n"
# What may stand in the place of a placeholder: by its type, or by its name where that says more.
EXAMPLES = {"Name": "api", "Count": "2", "Rate": "50", "Duration": "30s", "Percent": "99%", "Ordinal": "95th"}
EXAMPLES |= {"Phrase": "fails its health check", "Kinds": '"Browser" 80%, "Api" 20%'}
EXAMPLES |= {"Trouble": "crash loop"}
EXAMPLES |= {"Path": "/data", "Pod": 'a pod of "api"', "Pods": '2 pods of "api"', "Series": 'the pods of "api"'}
# What else a placeholder takes that is a phrase of its own.
OTHERS = {
    "Pod": ['every pod of "api"'],
    "Pods": ['30% of the pods of "api"', 'the pods of "api" on one node', '2 pods of "api" in one zone'],
    "Series": ['2 pods of "api"', '30% of the pods of "api"'],
}
BY_NAME = {
    "peak": "200",
    "end": "200",
    "delay": "500ms",
    "jitter": "100ms",
    "part": "30%",
    "other": "redis",
    "system": "shop",
    "weakness": "one instance",
    "request": "search",
    "gauge": "pool free",
    "hits": "hits",
    "misses": "misses",
    "alert": "errors above 10%",
    "severity": "P1",
    "below": "200ms",
    "hold": "100ms",
    "table": "orders",
    "remedy": "restart the api",
}
# The platforms, and what their agents can do to instances there.
PLATFORMS: Mapping[type[Platform], Collection[str]] = {
    each: harms_by(each.means) for each in (Kind, Kubernetes, LocalPlatform, ComposePlatform)
}
HEADINGS = {"given": "Given: the system, its load, its weakness", "when": "When: the one harm", "then": "Then: claims"}
_PLACEHOLDER = re.compile(r"\{(\w+):(\w+)\}")
_WIDTH = 100


@click.command()
@click.option("--check", is_flag=True, help="write nothing; exit with 1 if a file is not what the code says")
@click.option("--to", "folder", default=FOLDER, type=click.Path(path_type=Path), help="the folder of the reference")
def main(check: bool, folder: Path) -> None:
    """Write docs/reference from the code."""
    written = files()
    wrong = sorted({*outdated(folder, written), *strangers(folder, written)})
    if check:
        for name in wrong:
            click.echo(f"{folder / name}: not what the code says; python -m docs.generate writes it", err=True)
        sys.exit(1 if wrong else 0)
    for name in wrong:
        path = folder / name
        if name not in written:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[name], "utf-8")
    click.echo("\n".join(f"{folder / name}" for name in wrong) or "nothing has changed")


def outdated(folder: Path, written: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that are missing, or not what the code says."""
    for name, text in written.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            yield name


def strangers(folder: Path, written: Mapping[str, str]) -> Iterator[str]:
    """Yield the files that nothing writes any more."""
    there = (path for path in folder.rglob("*") if path.suffix in {".md", ".json", ".svg"})
    yield from (name for path in there if (name := str(path.relative_to(folder))) not in written)


def files() -> dict[str, str]:
    """Return each file of the reference by its name."""
    pages = {
        "sentences.md": sentences_page(),
        "claims.md": claims_page(),
        "faults.md": faults_page(),
        "commands.md": commands_page(),
        "exit-codes.md": exit_codes_page(),
        "system-yaml.md": system_page(),
        "record.md": record_page(),
        "promises.md": promises_page(),
    }
    published = {"system.yaml": system_schema(), **schemas(), "report.json": REPORT.json_schema(mode="serialization")}
    texts = {f"schemas/{name}.schema.json": json.dumps(schema, indent=2) + "\n" for name, schema in published.items()}
    drawn = {"rooms.svg": picture(rooms(graph()))}
    return {**{name: NOTE + text.rstrip() + "\n" for name, text in pages.items()}, **texts, **drawn}


# Sentences ------------------------------------------------------------------------------------------------------------


def sentences() -> list[Sentence]:
    """Return squall's own sentences, as they stand in its modules; those of projects are not among them."""
    order = [module.__name__ for module in modules()]
    own = [sentence for sentence in VOCABULARY.values() if sentence.make.__module__ in order]
    return sorted(own, key=lambda sentence: order.index(sentence.make.__module__))


def example(sentence: Sentence) -> str:
    """Return a sentence with something in the place of each placeholder."""
    text = sentence.text.replace("stays below {limit:Duration", "stays below {below:Duration")
    return _PLACEHOLDER.sub(lambda found: BY_NAME.get(found[1], EXAMPLES[found[2]]), text)


def meaning(sentence: Sentence) -> str:
    """Return the name of what a sentence comes to: a claim, a fault, or a part of a scenario."""
    return type(sentence.value(example(sentence), rows(sentence))).__name__


def rows(sentence: Sentence) -> list[Row]:
    """Return a table of one row for a sentence that needs one."""
    return [Row(0, sentence.table)] if sentence.table else []


def shown(sentence: Sentence, word: str = "") -> str:
    """Return the example as code behind its keyword, with what belongs below it."""
    cells = ", ".join(f"`{cell}`" for cell in sentence.table)
    return f"`{word}{example(sentence)}`" + (f" and below it a table, its rows of the form {cells}" if cells else "")


def sentences_page() -> str:
    """Return every sentence, what it means and an example."""
    parts = [
        "# Sentences\n\nOne sentence has one meaning. `squall list sentences` shows these and your project's own.\n"
    ]
    for keyword, heading in HEADINGS.items():
        listed = [(shown(one), one.about, _link(meaning(one))) for one in sentences() if one.keyword == keyword]
        parts.append(f"## {heading}\n\n{table(('Example', 'What it does', 'Comes to'), listed)}")
    forms = [(name, ", ".join(f"`{one}`" for one in (text, *OTHERS.get(name, ())))) for name, text in EXAMPLES.items()]
    parts.append(f"## Placeholders\n\n{table(('Type', 'Example'), forms)}")
    return "\n".join(parts)


def _link(name: str) -> str:
    page = "claims" if name in claims() else "faults" if name in {*faults(), *compositions()} else ""
    return f"[{name}]({page}.md#{name.lower()})" if page else name


# Claims and faults ----------------------------------------------------------------------------------------------------


def claims_page() -> str:
    """Return every claim with its fields and its sentences."""
    start = "# Claims\n\nWhat a `Then` sentence comes to. `squall judge --set CLAIM.FIELD=VALUE` changes a field.\n"
    return "\n".join([start, *(_entry(name, claim, "") for name, claim in claims().items())])


def faults_page() -> str:
    """Return every fault with its fields, its sentences and the platforms that offer what it needs."""
    start = "# Faults\n\nWhat a `When` sentence comes to. A platform that lacks what it needs skips the scenario.\n"
    of = "It needs what its parts need."
    made = (_entry(name, composition, of) for name, composition in compositions().items())
    return "\n".join([start, *(_entry(name, fault, _needs(fault)) for name, fault in faults().items()), *made])


def _needs(fault: type[Fault]) -> str:
    needs = fault.needs
    offering = [on.name for on, harms in PLATFORMS.items() if _offers(on, harms, fault)]
    left = f"{fault.reversal.capitalize()}: {fault.reversal.meaning}."
    return f"{left}\n\nNeeds `{needs.__name__}` ({first(needs)}) Offered by: {', '.join(offering)}."


def _offers(on: type, harms: Collection[str], fault: type[Fault]) -> bool:
    if issubclass(fault, ByAgent) and fault.harm not in harms:
        return False
    if fault.needs is ObjectHarms:
        return issubclass(on, ApiHarms) and fault.__name__ in on.object_harms()
    return fault.needs is Platform or issubclass(on, fault.needs)


def _entry(name: str, thing: type[object], more: str) -> str:
    fields = [(f"`{field.name}`", _type(field.type), _default(field)) for field in dataclasses.fields(thing)]  # type: ignore[arg-type]
    said = [f"- {shown(one, one.keyword.capitalize() + ' ')}" for one in sentences() if meaning(one) == name]
    listed = "\n".join(said) if said else "No sentence: squall adds it to every run."
    its_fields = table(("Field", "Type", "Without it"), fields) or "It has no fields.\n"
    return "\n\n".join(part for part in (f"## {name}", plain(thing), more, listed, its_fields) if part)


def _type(kind: object) -> str:
    return f"`{getattr(kind, '__name__', kind)}`"


def _default(field: "dataclasses.Field[object]") -> str:
    return "needed" if field.default is dataclasses.MISSING else f"`{field.default}`" if str(field.default) else "empty"


# Commands and exit codes ----------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command's name and its help."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        if command is None:
            continue
        # A command keeps the first help option that it was asked for, by whomever: this one is asked by nobody else.
        # And the mark that keeps lines as they are may stand in a raw docstring.
        told = (command.help or "").replace("\\b\n", "\b\n")
        fresh = click.Command(name, params=command.params, help=told)
        context = click.Context(fresh, info_name=f"squall {name}", terminal_width=_WIDTH, **cli.context_settings)
        yield name, fresh.get_help(context)


def commands_page() -> str:
    """Return the help of every command."""
    parts = ["# Commands\n\n`squall COMMAND --help` says the same. `python -m squall` works too.\n"]
    parts += [f"## squall {name}\n\n```text\n{text}\n```\n" for name, text in commands()]
    return "\n".join(parts)


def exit_codes() -> dict[int, str]:
    """Return the exit codes of ``squall run`` and what each means, as the command's own module says it."""
    told = " ".join((importlib.import_module("squall.cli").__doc__ or "").partition("Exit codes:")[2].split())
    return {int(code): text.strip() for code, text in re.findall(r"(\d+) ([^,.]+)", told)}


def exit_codes_page() -> str:
    """Return the exit codes of every command."""
    rows = [(f"{code}", text) for code, text in exit_codes().items()]
    parts = [
        f"# Exit codes\n\n`squall run`, and `squall judge` for the first four:\n\n{table(('Code', 'Meaning'), rows)}"
    ]
    parts.append("Plain `pytest` knows only passed and failed: it ends with 1 for BROKEN and for INCONCLUSIVE.\n")
    own = [
        (f"`squall {name}`", " ".join(found[1].split())) for name, text in commands() if (found := _EXIT.search(text))
    ]
    parts.append(f"## What each command's help says\n\n{table(('Command', 'Exit code'), own)}")
    return "\n".join(parts)


_EXIT = re.compile(r"Exit code: (.*?)\.?\n\s*\n", re.DOTALL)


# The record -----------------------------------------------------------------------------------------------------------


def record_page() -> str:
    """Return what is in a run folder, and where each file's schema is."""
    listed = "\n".join(f"- [{name}](schemas/{name}.schema.json)" for name in schemas())
    return (
        f"# The record\n\nA run leaves one folder. This is version {SCHEMA} of it.\n\n"
        f"```text\n{inspect.cleandoc(record.__doc__ or '')}\n```\n\n"
        f"## JSON Schemas\n\nOf the whole file; in timeline.jsonl of each line.\n\n{listed}\n\n"
        f"## Events\n\n{plain(event)}\n\n"
        f"{table(('Kind', 'Fields of `what`', 'Meaning'), [_kind(kind, each) for kind, each in KINDS.items()])}"
    )


def _kind(kind: str, event: type[Event]) -> Sequence[str]:
    own = (each.name for each in dataclasses.fields(event) if each.name not in {"t", "who"})
    return f"`{kind}`", " ".join(f"`{name}`" for name in own), " ".join(plain(event).split())


if __name__ == "__main__":
    main(prog_name="python -m docs.generate")
