"""What can go wrong, split by who can mend it. No message may need a traceback to be understood."""

__all__ = ["Broken", "Unusable"]


class Unusable(Exception):
    """The machine lacks something that only the user can give it: what, and what to do."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"{what}. {do}")


class Broken(Exception):
    """A command that should have worked did not: which, and the end of what it said."""

    def __init__(self, doing: str, said: str = "") -> None:
        tail = "\n".join(f"    {line}" for line in said.strip().splitlines()[-12:])
        super().__init__(f"{doing}\n{tail}" if tail else doing)
