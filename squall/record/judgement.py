"""What a run came to: its findings together. Nothing in here judges."""

from collections.abc import Sequence
from dataclasses import dataclass

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
