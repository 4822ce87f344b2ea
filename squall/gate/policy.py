"""The policy of a gate as values, from ``squall.toml`` or ``pyproject.toml``. Decides nothing."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from squall.errors import Misuse
from squall.system.strict import Strict
from squall.system.yaml_lines import describe

FILE, PROJECT = "squall.toml", "pyproject.toml"

Text = Annotated[str, Field(min_length=1, pattern=r"^[^\n\r]*\S[^\n\r]*$")]


class Repeats(Strict):
    """A noisy promise: how often its scenario is run, and how many of these runs must hold. All of them are made."""

    runs: Annotated[int, Field(ge=1, le=1000)]
    held: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.held > self.runs:
            raise ValueError(f"of {self.runs} runs {self.held} cannot hold; write at most {self.runs} for held")
        return self


ONCE = Repeats(runs=1, held=1)


class Quarantine(Strict):
    """A promise that does not count through the day ``until``: whose it is, and why. The gate is closed after it."""

    promise: Text
    owner: Text
    reason: Text
    until: date


class Policy(Strict):
    """What opens the gate. A promise is named by the id of its tag ``@promise.ID``, or by its scenario's title.

    ``must_hold`` are the promises that must be HELD. One that ``may_be_inconclusive`` must not be BROKEN; one that
    ``may_be_skipped`` need not be run where the platform has not what it needs. Scenarios with a tag of
    ``expected_to_break`` must be BROKEN: they show that a promise can. ``baseline`` is a file of ``squall compare
    --save``: no figure may be worse than in it.
    """

    must_hold: Literal["all"] | tuple[Text, ...] = "all"
    may_be_inconclusive: tuple[Text, ...] = ()
    may_be_skipped: tuple[Text, ...] = ()
    expected_to_break: tuple[Text, ...] = ("twin",)
    repeats: Mapping[Text, Repeats] = {}
    quarantine: tuple[Quarantine, ...] = ()
    baseline: Path | None = None

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.must_hold == ():
            raise ValueError('must_hold names no promise: the gate would be open whatever happens; write "all"')
        twice = [each.promise for each in self.quarantine]
        if repeated := sorted({name for name in twice if twice.count(name) > 1}):
            raise ValueError(f"{repeated[0]!r} is in quarantine twice")
        return self

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield each promise that it names, with the key that does."""
        for key in ("must_hold", "may_be_inconclusive", "may_be_skipped"):
            listed = getattr(self, key)
            yield from ((key, name) for name in (listed if listed != "all" else ()))
        yield from (("repeats", name) for name in self.repeats)
        yield from (("quarantine", each.promise) for each in self.quarantine)

    def check_names(self, known: Collection[str], where: str) -> None:
        """Raise Misuse if it names a promise that no scenario proves: nobody would notice that it is not kept."""
        listed = ", ".join(sorted(known)) or "none"
        problems = [
            f"{where}: gate.{key}: no scenario is called or proves {name!r} (known: {listed})"
            for key, name in self.names()
            if name not in known
        ]
        if problems:
            raise Misuse("\n".join(problems))


class _File(Strict):
    gate: Policy = Policy()


def read_policy(folder: Path) -> tuple[Policy, str]:
    """Return the policy of a project, and the file that has it; empty: there is none, so that all must hold.

    Raises:
        Misuse: naming the key of each thing that is wrong; or there are two.
    """
    own, project = _toml(folder / FILE), _toml(folder / PROJECT) or {}
    inside = project.get("tool", {}).get("squall", {}) if isinstance(project.get("tool"), dict) else {}
    if own is not None and inside:
        raise Misuse(f"{folder / FILE} and [tool.squall] of {folder / PROJECT} both say what the gate is; remove one")
    if own is None and not inside:
        return Policy(), ""
    said, where = (own, FILE) if own is not None else (inside, PROJECT)
    try:
        return _File.model_validate(said).gate, where
    except ValidationError as error:
        said_wrong = [describe(each, "the file") for each in error.errors()]
        raise Misuse("\n".join(f"{where}: {wrong}" for wrong in said_wrong)) from error


def _toml(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misuse(f"reading {path}: {error.strerror}") from error
    except ValueError as error:
        raise Misuse(f"{path}: not TOML: {' '.join(str(error).split())}") from error
