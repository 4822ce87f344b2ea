"""The section of a system file as a weakness or a release changes it. Pure; what is made of it is in ``programs``."""

from collections.abc import Sequence

from squall.errors import Misuse
from squall.system.local import Local


def weakened(local: Local, weaknesses: Sequence[str], system: str) -> Local:
    """Return the section with the changes of these weaknesses.

    Raises:
        Misuse: there is no such weakness.
    """
    programs = dict(local.programs)
    for weakness in weaknesses:
        if weakness not in local.weaknesses:
            known = ", ".join(f'"{name}"' for name in sorted(local.weaknesses)) or "none"
            raise Misuse(f'{system} has no weakness "{weakness}" (known: {known})')
        for name, change in local.weaknesses[weakness].items():
            changes = {key: value for key in change.model_fields_set if (value := getattr(change, key)) is not None}
            changes["environment"] = {**programs[name].environment, **change.environment}
            programs[name] = programs[name].model_copy(update=changes)
    return local.model_copy(update={"programs": programs})


def released(local: Local, service: str, release: str, system: str) -> Local:
    """Return the section with a program as a release changes it.

    Raises:
        Misuse: there is no such release of it.
    """
    if (version := local.releases.get(release, {}).get(service)) is None:
        known = ", ".join(f'"{name}"' for name, of in sorted(local.releases.items()) if service in of) or "none"
        raise Misuse(f'{system} has no release of {service} that "{release}" (known: {known})')
    program = local.programs[service]
    changes: dict[str, object] = {"environment": {**program.environment, **version.environment}}
    changes |= {"command": version.command} if version.command is not None else {}
    return local.model_copy(update={"programs": {**local.programs, service: program.model_copy(update=changes)}})
