"""``the last release of "api" is undone``: the version before comes out again."""

from dataclasses import dataclass

from squall.faults.by_api import ByApi


@dataclass(frozen=True, slots=True)
class Rollback(ByApi):
    """A Deployment is given the version before its current one, by turns, as ``kubectl rollout undo`` does.

    The effect is a pod of that version, where there was none. A Deployment that has had but one version is not harmed.
    Taken back by giving it the version that it had: by turns, too.
    """

    def describe(self) -> str:
        return f"the last release of {self.service} undone{self.until()}"
