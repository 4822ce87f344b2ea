"""Which kubeconfig an undo may be told: a kubeconfig can run a program, and leads to whom a password is sent."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from squall.safety.arguments import own_file


def own_kubeconfig(text: str | None) -> str | None:
    """Return a kubeconfig (or several, as KUBECONFIG has them) that is this user's alone and in no run folder.

    Raises:
        ValueError: one is not.
    """
    for each in _files(text):
        own_file(str(each))
    return text


def refuse_foreign_kubeconfig(text: str | None) -> None:
    """Raise ValueError for a kubeconfig that is neither in KUBECONFIG nor in the user's ``~/.kube``."""
    own, home = (
        {each.resolve() for each in _files(os.environ.get("KUBECONFIG"))},
        Path("~/.kube").expanduser().resolve(),
    )
    for each in _files(text):
        if each.resolve() not in own and each.resolve().parent != home:
            raise ValueError(f"{each} is not a kubeconfig of yours; if it is, set KUBECONFIG to it")


def _files(text: str | None) -> list[Path]:
    return [Path(each).expanduser().absolute() for each in (text or "").split(os.pathsep) if each]


OwnKubeconfig = Annotated[str | None, AfterValidator(own_kubeconfig)]
