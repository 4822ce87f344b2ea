"""What became of something that stood, as ``squall undo`` tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing that stood: ``state`` is undone, standing or held (by a living harness)."""

    run: str
    about: str
    state: str
    proof: str

    def __str__(self) -> str:
        return f"{self.run}: {self.about}: {self.proof}" if self.about else f"{self.run}: {self.proof}"
