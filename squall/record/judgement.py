"""What a run came to: its findings together. Nothing in here judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter
from pydantic import JsonValue as Json

from squall.verdict import Finding, Verdict, worst


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings of a run, each claim's in the scenario's order, and those that squall adds to each run."""

    findings: Sequence[Finding]
    built_in: Sequence[Finding]
    not_undone: Sequence[str] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of all findings."""
        return worst([*self.findings, *self.built_in])

    @property
    def headline(self) -> Finding:
        """The finding that decides: the first of the worst."""
        return max([*self.findings, *self.built_in], key=lambda finding: finding.verdict)


def _nested(said: Json) -> Json:
    """Return a finding of a squall that wrote what was measured beside the reason: its figure, limit, unit, samples."""
    if not isinstance(said, dict) or "limit" not in said:
        return said
    measured: dict[str, Json] = {"what": "", "figure": said.get("measured"), "side": _side(said)}
    measured |= {key: said[key] for key in ("limit", "unit", "samples") if key in said}
    return {**{key: said[key] for key in ("claim", "verdict", "reason", "cause") if key in said}, "measured": measured}


def _side(said: Mapping[str, Json]) -> Json:
    """Return on which side of its limit a figure had to be, as far as its verdict tells."""
    figure, limit, verdict = said.get("measured"), said["limit"], said.get("verdict")
    if not isinstance(figure, dict) or not isinstance(limit, int | float) or verdict == Verdict.INCONCLUSIVE:
        return None
    high = figure.get("high")
    below = isinstance(high, int | float) and high <= limit
    return "at most" if below == (verdict == Verdict.HELD) else "at least"


def _as_written_now(said: Json) -> Json:
    if not isinstance(said, dict):
        return said
    lists = {key: said[key] for key in ("findings", "built_in") if key in said}
    return {**said, **{key: [_nested(each) for each in some] for key, some in lists.items() if isinstance(some, list)}}


# What findings.json holds; those of older squalls are read, too.
JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Annotated[Judgement, BeforeValidator(_as_written_now)])
