"""The form of what undos on this machine are told: the folder of a platform instance, and no other folder."""

from typing import Annotated

from pydantic import AfterValidator, Field

from squall.platforms.this_machine.instance_folder import COMPOSE_PREFIX, PREFIX, InstanceFolder
from squall.safety.arguments import Arguments, BelowTemporary, Name, RunName, own_file, temporary_folders


def _named_by_squall(text: str) -> str:
    own_file(text)
    if not InstanceFolder.is_name(text.rpartition("/")[2]):
        raise ValueError(f"{text} has no name of those that squall gives ({PREFIX}..., {COMPOSE_PREFIX}...)")
    return text


class OfFolder(Arguments):
    """Something in a folder below the temporary one."""

    folder: BelowTemporary

    def refuse_foreign(self) -> None:
        """Take only what squall itself has put there: what else lies deeper was unpacked by somebody."""
        _named_by_squall(self.folder)
        if not any(self.folder == f"{each}/{self.folder.rpartition('/')[2]}" for each in temporary_folders()):
            raise ValueError(f"{self.folder} is not right below the temporary folder")


class OfInstance(OfFolder):
    """All of a platform instance, which is ended and removed."""

    folder: Annotated[BelowTemporary, AfterValidator(_named_by_squall)]


class LeaseArguments(OfFolder):
    """The lease of a run in a folder."""

    run: RunName


class OfService(OfInstance):
    """What was done to a service of an instance."""

    service: Name


class OfProcesses(OfInstance):
    """What was done to processes of an instance, by their names."""

    names: Annotated[list[Name], Field(max_length=10_000)]
