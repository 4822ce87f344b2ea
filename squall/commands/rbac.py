"""``squall rbac``: the roles under which scenarios can run, for an administrator to read and apply."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import yaml

from squall.commands.selecting import context_option, selection_options
from squall.errors import Misuse
from squall.faults.fault import parts
from squall.faults.registry import faults
from squall.platforms.kubernetes.api.client import Object
from squall.pytest_plugin import options
from squall.system.system import System, find_system

_ACCOUNT = "squall"


@click.command(name="rbac")
@selection_options
@click.option("--fault", "names", multiple=True, metavar="NAME", help="roles for these faults, without any scenario")
@click.option("--account", default=_ACCOUNT, show_default=True, metavar="NAME", help="the ServiceAccount's name")
@click.option("--platform", type=click.Choice(["kind", "kubernetes"]), help="where the system runs  [default: kind]")
@context_option
def command(paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None,
            names: Sequence[str], account: str, platform: str | None, context: str | None) -> None:  # fmt: skip
    """Print the least roles under which scenarios can run, as YAML for kubectl apply: an account and what it may do.

    The scenarios are selected as for squall run; with --fault and --system no feature file is read. Touches no
    cluster. There is a role for planning, one for the lease, one for deploying, and one for each kind of harm.

    \b
    Examples:
      squall rbac features/quantum_rerank/crash.feature
      squall rbac --fault Deletion --system quantum-rerank
      squall rbac --tag kind --account game-day
    """
    on = platform or "kind"
    found = _named(names, system, paths) if names else _selected(paths, promise, tag, name, system, on)
    documents = [text for one, harms in found for text in _documents(one, harms, on, account)]
    # What all systems share (the namespace, the account) is said once.
    click.echo("---\n".join(dict.fromkeys(documents)), nl=False)


# A system, and each harm to it: the capability, and the service (empty: all of them).
_Found = list[tuple[System, list[tuple[type, str]]]]


def _named(names: Sequence[str], system: str | None, paths: Sequence[str]) -> _Found:
    if paths or system is None:
        raise Misuse("printing roles: --fault goes with --system, and not with feature files")
    for name in names:
        if name not in faults():
            raise Misuse(f"printing roles: there is no fault {name!r} (known: {', '.join(faults())})")
    return [(find_system(system, Path()), [(faults()[name].needs, "") for name in names])]


def _selected(
    paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None, platform: str
) -> _Found:
    from squall.commands.features import read_features

    words = [*options.selecting(promise, name, tag, system), f"--squall-platform={platform}"]
    found: dict[str, tuple[System, list[tuple[type, str]]]] = {}
    for scenario in read_features(paths, words).scenarios:
        _, harms = found.setdefault(scenario.system.name, (scenario.system, []))
        harms += [(part.fault.needs, part.fault.service) for part in parts(scenario.fault)]
    return list(found.values())


def _documents(system: System, harms: Sequence[tuple[type, str]], platform: str, account: str) -> Iterator[str]:
    from squall.platforms.kubectl import Kubectl
    from squall.platforms.kubernetes.access.permissions import grants, used, where
    from squall.platforms.kubernetes.access.rights import EXPIRES, EXPIRY
    from squall.platforms.kubernetes.access.roles import account as account_objects
    from squall.platforms.kubernetes.access.roles import roles
    from squall.platforms.kubernetes.expiry import ACCOUNT, expires

    if (section := system.platforms.clusters().get(platform)) is None:
        raise Misuse(f"printing roles: {system.name} does not say where it runs on {platform}")
    yield from (_written(each, "squall's own namespace and the account") for each in account_objects(account))
    manifests = system.folder / section.kustomize if section.kustomize is not None else None
    capabilities = list(dict.fromkeys(capability for capability, _ in harms))
    services = [] if any(not service for _, service in harms) else sorted({service for _, service in harms})
    expiring = expires(platform, section)
    found = grants(used(system, capabilities), manifests, Kubectl(""), expiring)
    for grant in found:
        for each in roles(grant, where(section, services), account):
            yield _written(each, grant.about)
    if EXPIRY in found:
        yield from (_written(each, "the account of the expiry") for each in account_objects(ACCOUNT)[1:])
        for each in roles(EXPIRES, where(section, services), ACCOUNT):
            yield _written(each, EXPIRES.about)


def _written(what: Object, about: str) -> str:
    return f"# {about}\n{yaml.safe_dump(what, sort_keys=False)}"
