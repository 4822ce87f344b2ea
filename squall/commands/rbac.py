"""``squall rbac``: the roles under which scenarios can run, for an administrator to read and apply."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import yaml

from squall.commands.selecting import context_option, selection_options
from squall.errors import Misuse
from squall.faults.fault import need, parts
from squall.faults.registry import faults
from squall.platforms.capability import CountsCalls, Need
from squall.platforms.kubernetes.access.rights import Grant
from squall.platforms.kubernetes.api.client import Object
from squall.pytest_plugin import options
from squall.system.cluster import Cluster
from squall.system.system import System, find_system

_ACCOUNT = "squall"
# On all that is printed but the namespace, in which squall keeps things of its own.
_GRANTED = "squall.dev/granted"


@click.command(name="rbac")
@selection_options
@click.option("--fault", "names", multiple=True, metavar="NAME", help="roles for these faults, without any scenario")
@click.option("--account", default=_ACCOUNT, show_default=True, metavar="NAME", help="the ServiceAccount's name")
@click.option("--platform", type=click.Choice(["kind", "kubernetes"]), help="where the system runs  [default: kind]")
@click.option("--policy/--no-policy", default=True, show_default=True, help="policies of admission, too")
@context_option
def command(paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None,
            names: Sequence[str], account: str, platform: str | None, policy: bool,
            context: str | None) -> None:  # fmt: skip
    """Print the least roles under which scenarios can run, as YAML for kubectl apply: an account and what it may do.

    The scenarios are selected as for squall run; with --fault and --system no feature file is read. Touches no
    cluster. There is a role for planning, one for the lease, one for deploying, and one for each kind of harm.

    Whoever may make privileged pods is root on every node. So policies of admission (Kubernetes 1.30 and later) hold
    the accounts to squall's own pods, programs and changes of nodes. They are for all systems that are printed at once:
    name all that an account is to harm.

    What is printed bears the label squall.dev/granted, but for the namespace squall, in which squall keeps things of
    its own: kubectl delete -f would take them along, and with -l squall.dev/granted=yes takes the roles alone.

    \b
    Examples:
      squall rbac features/quantum_rerank/crash.feature
      squall rbac --fault Deletion --system quantum-rerank
      squall rbac --tag kind --account game-day
    """
    on = platform or "kind"
    found = _named(names, system, paths) if names else _selected(paths, promise, tag, name, system, on)
    documents = [text for one, needs in found for text in _documents(one, needs, on, account)]
    documents += _policies(found, on, account) if policy else ()
    # What all systems share (the namespace, the account) is said once.
    click.echo("---\n".join(dict.fromkeys(documents)), nl=False)


# A system, and what each harm to it needs.
_Found = list[tuple[System, list[Need]]]


def _named(names: Sequence[str], system: str | None, paths: Sequence[str]) -> _Found:
    if paths or system is None:
        raise Misuse("printing roles: --fault goes with --system, and not with feature files")
    for name in names:
        if name not in faults():
            raise Misuse(f"printing roles: there is no fault {name!r} (known: {', '.join(faults())})")
    return [(find_system(system, Path()), [Need(faults()[name].needs, name) for name in names])]


def _selected(
    paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None, platform: str
) -> _Found:
    from squall.commands.features import read_features

    words = [*options.selecting(promise, name, tag, system), f"--squall-platform={platform}"]
    found: dict[str, tuple[System, list[Need]]] = {}
    for scenario in read_features(paths, words).scenarios:
        _, needs = found.setdefault(scenario.system.name, (scenario.system, []))
        needs += [need(part.fault) for part in parts(scenario.fault)]
        needs += [Need(CountsCalls, service=service) for service in scenario.counted]
    return list(found.values())


def _documents(system: System, needs: Sequence[Need], platform: str, account: str) -> Iterator[str]:
    from squall.platforms.kubernetes.access.permissions import where
    from squall.platforms.kubernetes.access.rights import EXPIRY, expiring
    from squall.platforms.kubernetes.access.roles import account as account_objects
    from squall.platforms.kubernetes.access.roles import roles
    from squall.platforms.kubernetes.expiry import ACCOUNT

    section, found = _section(system, platform), _grants(system, needs, platform)
    yield from (_written(each, "squall's own namespace and the account") for each in account_objects(account))
    services = [] if any(not each.service for each in needs) else sorted({each.service for each in needs})
    for grant in found:
        for each in roles(grant, where(section, services), account):
            yield _written(each, grant.about)
    if EXPIRY in found:
        yield from (_written(each, "the account of the expiry") for each in account_objects(ACCOUNT)[1:])
        taking_back = expiring(found)
        for each in roles(taking_back, where(section, services), ACCOUNT):
            yield _written(each, taking_back.about)


def _policies(found: _Found, platform: str, account: str) -> list[str]:
    """Return the policies for all systems, as far as something is granted that they restrict."""
    from squall.platforms.kubernetes.access.admission import node_policies, pod_policies
    from squall.platforms.kubernetes.access.rights import RightScope
    from squall.platforms.kubernetes.agents.pod import require
    from squall.platforms.kubernetes.expiry import ACCOUNT

    granted = {system.name: [right for grant in _grants(system, needs, platform) for right in grant.rights]
               for system, needs in found}  # fmt: skip
    sections = [
        _section(system, platform) for system, _ in found
        if any((each.resource, each.verb, each.scope) == ("pods", "create", RightScope.AGENTS)
               for each in granted[system.name])
    ]  # fmt: skip
    written = list[Object]()
    if sections:
        images = sorted({require(section.agent) for section in sections})
        written += pod_policies(account, ACCOUNT, images, sorted({section.namespace for section in sections}))
    if any((each.resource, each.verb) == ("nodes", "patch") for rights in granted.values() for each in rights):
        written += node_policies(account, ACCOUNT)
    return [_written(each, "what the account may do with these rights, and no more") for each in written]


def _section(system: System, platform: str) -> Cluster:
    if (section := system.platforms.clusters().get(platform)) is None:
        raise Misuse(f"printing roles: {system.name} does not say where it runs on {platform}")
    return section


def _grants(system: System, needs: Sequence[Need], platform: str) -> list[Grant]:
    from squall.platforms.kind.platform import Kind
    from squall.platforms.kubectl import Kubectl
    from squall.platforms.kubernetes.access.permissions import grants, used
    from squall.platforms.kubernetes.allowed import Kubernetes
    from squall.platforms.kubernetes.expiry import expires
    from squall.platforms.kubernetes.platform import OnCluster

    section = _section(system, platform)
    manifests = system.folder / section.kustomize if section.kustomize is not None else None
    offering: type[OnCluster] = Kind if platform == "kind" else Kubernetes
    return grants(used(system, needs), offering.grants(), manifests, Kubectl(""), expires(platform, section))


def _written(what: Object, about: str) -> str:
    if what["kind"] == "Namespace":
        about += (
            f"; what squall keeps there would go with it. To take the roles back: kubectl delete -l {_GRANTED}=yes -f"
        )
        return f"# {about}\n{yaml.safe_dump(what, sort_keys=False)}"
    meta = {**what["metadata"], "labels": {**what["metadata"].get("labels", {}), _GRANTED: "yes"}}
    return f"# {about}\n{yaml.safe_dump({**what, 'metadata': meta}, sort_keys=False)}"
