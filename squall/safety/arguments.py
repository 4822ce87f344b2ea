"""What an undo may be told: each kind says the form of its arguments, and they are checked before anything is done.

A signature says that this user wrote an entry. That it means no more than its kind may do is checked all the same, of
every entry. What somebody else wrote, and the user trusts, may besides lead only to what this user's own project,
kubeconfig and temporary folder hold (``refuse_foreign``).
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from squall.writing.private import owned

# What a run leaves in its folder: what lies in such a folder was perhaps received from somebody else.
_OF_RUNS = ("plan.json", "timeline.jsonl", "undo.jsonl", "findings.json")

# A name in a cluster, of a container or of a process: no path leads out of where it is.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?$")]
# A run's name, which is that of its folder.
RunName = Annotated[str, Field(pattern=r"^[^/\x00-\x1f]{1,255}$")]


class Arguments(BaseModel):
    """The arguments of a kind of undo; what it does not name is passed over."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    def refuse_foreign(self) -> None:
        """Raise ValueError if an entry that somebody else wrote leads to what is not this user's own."""


def problem(form: type[Arguments], args: Mapping[str, Any], foreign: bool) -> str:
    """Say what is wrong with the arguments of an entry; empty: nothing is."""
    try:
        read = form.model_validate(dict(args))
        if foreign:
            read.refuse_foreign()
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def own_file(text: str) -> str:
    """Return the path of a file that is this user's alone to write, or is not there, and is in no run folder.

    Raises:
        ValueError: it is not.
    """
    path = Path(text)
    if not path.is_absolute():
        raise ValueError(f"{text} is no absolute path")
    if (place := _run_folder(path) or _run_folder(path.resolve())) is not None:
        raise ValueError(f"{text} is in the folder of a run ({place})")
    if path.exists() and not owned(path.resolve()):
        raise ValueError(f"{text} can have been written by others")
    return text


def below_temporary(text: str) -> str:
    """Return the path of something below the temporary folder, that is this user's alone or is not there.

    Raises:
        ValueError: it is not, or a link on the way there leads elsewhere.
    """
    path = Path(os.path.abspath(text))  # noqa: PTH100 - Path.resolve follows the links that are looked for
    base = next((each for each in temporary_folders() if path != each and path.is_relative_to(each)), None)
    if base is None or str(path) != text:
        raise ValueError(f"{text} is not below the temporary folder ({tempfile.gettempdir()})")
    for part in (path, *path.parents):
        if part == base:
            break
        if os.path.lexists(part) and not owned(part):
            raise ValueError(f"{part}: it is not a folder of this user alone; look at it, and remove it")
    return text


def temporary_folders() -> tuple[Path, ...]:
    """Return where platform instances of this user may be, links resolved."""
    return tuple(dict.fromkeys(Path(each).resolve() for each in (tempfile.gettempdir(), "/tmp", "/var/tmp")))  # noqa: S108


def _run_folder(path: Path) -> Path | None:
    return next((each for each in path.parents if any((each / name).exists() for name in _OF_RUNS)), None)


OwnFile = Annotated[str, AfterValidator(own_file)]
BelowTemporary = Annotated[str, AfterValidator(below_temporary)]
