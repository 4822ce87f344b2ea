"""What is left in a cluster without any run's folder: marks, agents, pods that bear a run's label, leases. Reads only.

What is found says whose it is and how it is undone, and is trusted no further: only the kinds of undo that are made
here are carried out, each on the object on which it was found, in a namespace that may be touched.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from squall.clock import Clock
from squall.errors import Misuse
from squall.platforms.kubernetes.access.guard_rails import permit
from squall.platforms.kubernetes.agents.undo import agent_undo
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import ALLOWED, OURS, RUN, label
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import NAMESPACES, within
from squall.platforms.kubernetes.harms.rotation_undo import ROTATION, rotation_undo
from squall.platforms.kubernetes.harms.secret_copy import ROTATED, Rotated, copies
from squall.platforms.kubernetes.marks.apply import harm_undo
from squall.platforms.kubernetes.marks.mark import FIELDS, Marked, foreign, found
from squall.platforms.kubernetes.run_lease import ALL, NAME, held, renewing
from squall.platforms.kubernetes.undo import lease_undo, pod_undo
from squall.platforms.stores.endpoint import Forwarded
from squall.safety.lease import Lease
from squall.safety.undo_log import Undo

# Raises Misuse unless a cluster may be harmed without asking.
Proof = Callable[[Api], object]


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that is left: whose it is, what it is and how it is undone (None: it cannot be, for ``why``).

    ``alive`` says that its run holds a lease that it renews.
    """

    run: str
    about: str
    undo: Undo | None
    alive: bool = False
    why: str = ""


def permitted_namespaces(api: Api, allowed: Collection[str], proof: Proof) -> list[str]:
    """Return the namespaces of a cluster in which something may be undone: if ``proof`` fails, only labelled ones.

    Raises:
        Misuse: it is neither a kind cluster of this machine nor allowed; ApiFailed: it does not answer.
    """
    names = {str(each["metadata"]["name"]): each["metadata"].get("labels") or {}
             for each in api.items(NAMESPACES)}  # fmt: skip
    try:
        proof(api)
    except Misuse as error:
        if api.context not in allowed:
            raise Misuse(f"{error}; or allow this one: --allow-context {api.context}") from error
        names = {name: labels for name, labels in names.items() if labels.get(ALLOWED) == "true"}
    return sorted(name for name in names if _may_be_touched(name))


def find_leftovers(
    api: Api, namespaces: Sequence[str], images: Mapping[str, str], clock: Clock, now: datetime
) -> tuple[list[Leftover], list[str]]:
    """Return what is left, in the order in which it is to be undone, and a line for each kind that may not be read.

    It takes a lease's length (15 s) if somebody holds one: a run lives that renews it meanwhile. ``images`` are those
    of squall's agent that this user's own system files name, by the namespace of the system. ``now`` is wall time.
    """
    leases, unread = _leases(api, namespaces)
    living = [label(run) for run in renewing(api, leases, clock)]
    rotated, unlisted = _of_rotations(api, namespaces, living)
    marked, more = found(api, namespaces)
    # A Secret whose password is set back loses its mark with it.
    covered = {(what.run, what.secret) for what, _ in rotated}
    marked = [each for each in marked if not _rotated(each, covered)]
    there = [_of_mark(api, each, living) for each in marked]
    if unread:
        # Who harms a node may live although we cannot see it: until its time is over it is taken to.
        there = [replace(one, alive=True) if _may_live(each, now) else one
                 for one, each in zip(there, marked, strict=True)]  # fmt: skip
    unread += [*unlisted, *more]
    # A password is back before the first pod starts anew.
    there = [*(left for _, left in rotated), *there]
    there += _of_pods(api, namespaces, images, living)
    there += [_of_lease(api, name, lease.holder, living) for name, lease in leases.items()]
    return there, unread


def marks_of_dead_runs(
    api: Api, namespace: str, permitted: Sequence[str], clock: Clock, now: datetime
) -> list[Leftover]:
    """Return the harms in a namespace, or on nodes, whose run does not live: what is asked before another run.

    Who harms a node holds its lease in one of the ``permitted`` namespaces.
    """
    rotated, _ = _of_rotations(api, [namespace], ())
    marked = found(api, [namespace])[0]
    if not marked and not rotated:
        return []
    leases, unread = _leases(api, sorted({namespace, *permitted}))
    living = [label(run) for run in renewing(api, leases, clock)]
    rotated, _ = _of_rotations(api, [namespace], living)
    marked = [each for each in marked if not (unread and _may_live(each, now))]
    there = [*(left for _, left in rotated), *(_of_mark(api, each, living) for each in marked)]
    return [each for each in there if not each.alive]


def _leases(api: Api, namespaces: Sequence[str]) -> tuple[Mapping[str, Lease], list[str]]:
    """Return the leases that are held, and a line if those of all namespaces cannot be read at once."""
    try:
        api.items(ALL, {"fieldSelector": f"metadata.name={NAME}"})
    except ApiFailed as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        line = f"leases of other namespaces, by which a run that harms a node is known to live: {error.reason}"
        return held(api, namespaces), [line]
    return held(api, namespaces), []


def _may_live(marked: Marked, now: datetime) -> bool:
    return marked.place.kind == NODE and marked.mark is not None and marked.mark.until > now


def _of_mark(api: Api, marked: Marked, living: Collection[str]) -> Leftover:
    mark = marked.mark
    if mark is None:
        return Leftover("", f"the harm to {marked.place}", None, why=f"its mark cannot be read: {marked.problem}")
    about = f"the harm to {marked.place}, until {mark.until:%Y-%m-%d %H:%M:%S %Z}"
    if mark.undo.kind != FIELDS:
        why = f"it is of the kind {mark.undo.kind!r}, which is not undone from a mark"
        return Leftover(mark.run, about, None, label(mark.run) in living, why)
    try:
        why = foreign(marked.place, mark)
    except ValueError as error:
        why = f"its mark cannot be read: {str(error).splitlines()[0]}"
    if why:
        return Leftover(mark.run, about, None, label(mark.run) in living, why)
    return Leftover(mark.run, about, harm_undo(api, marked.place, mark.run), label(mark.run) in living)


def _of_rotations(
    api: Api, namespaces: Sequence[str], living: Collection[str]
) -> tuple[list[tuple[Rotated, Leftover]], list[str]]:
    """Return passwords that were rotated, by what is kept of them in squall's own namespace."""
    try:
        there = list(copies(api))
    except ApiFailed as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return [], [f"passwords that were rotated: {error.reason}"]
    rotated, unread = list[tuple[Rotated, Leftover]](), list[str]()
    for meta in there:
        try:
            what = Rotated.of(json.loads(meta["annotations"][ROTATED]))
        except (ValueError, KeyError, TypeError):
            unread.append(f"what {OURS}/{meta['name']} keeps of a rotated password: its {ROTATED} cannot be read")
            continue
        if what.secret.namespace in namespaces:
            rotated.append((what, _of_rotation(api, what, living)))
    return rotated, unread


def _of_rotation(api: Api, what: Rotated, living: Collection[str]) -> Leftover:
    place, about = what.endpoint.place, f"the rotation of {what.key} of {what.secret}"
    alive = label(what.run) in living
    if not isinstance(place, Forwarded):
        return Leftover(what.run, about, None, alive, "its store is not reached through the cluster")
    # Who may write what a run keeps in the cluster has no say in where our passwords go.
    if place.namespace != what.secret.namespace:
        why = f"its store is said to be in the namespace {place.namespace}, its Secret is in {what.secret.namespace}"
        return Leftover(what.run, about, None, alive, why)
    if any(login is not None and login.variable for login in (what.endpoint.login, what.endpoint.application)):
        why = "its store is entered by a variable of the environment, which nothing in a cluster may name: "
        why += "squall undo RUN, where it ran"
        return Leftover(what.run, about, None, alive, why)
    # It was written down under the names of the machine that harmed.
    here = place.model_copy(update={"context": api.context, "kubeconfig": api.kubeconfig})
    undo = rotation_undo(api, replace(what, endpoint=what.endpoint.model_copy(update={"place": here})))
    return Leftover(what.run, about, undo, alive)


def _rotated(marked: Marked, covered: Collection[tuple[str, ObjectRef]]) -> bool:
    mark = marked.mark
    return mark is not None and mark.undo.kind == ROTATION and (mark.run, marked.place) in covered


def _of_pods(
    api: Api, namespaces: Sequence[str], images: Mapping[str, str], living: Collection[str]
) -> Iterator[Leftover]:
    """Yield the agents of permitted systems, and whatever else bears a run's label in squall's own namespace."""
    for pod in api.items(within(OURS, "pod"), {"labelSelector": RUN}):
        meta, words = pod["metadata"], _words(pod)
        run, name = _after(words, "--run") or str(meta["labels"][RUN]), str(meta["name"])
        if (system := _after(words, "--namespace")) and system not in namespaces:
            continue
        alive = label(run) in living
        if system and pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}:
            node = str(pod["spec"]["nodeName"])
            # What runs in its place is root on the node: its image is never the one that is found there.
            undo = agent_undo(api, OURS, name, node, run, images.get(system, ""))
            yield Leftover(run, f"the agent on {node}", undo, alive)
        else:
            yield Leftover(run, f"pod {OURS}/{name}", pod_undo(api, OURS, name, run), alive)


def _of_lease(api: Api, namespace: str, run: str, living: Collection[str]) -> Leftover:
    return Leftover(run, f"the lease of {namespace}", lease_undo(api, namespace, run), label(run) in living)


def _words(pod: Object) -> Sequence[str]:
    containers = pod.get("spec", {}).get("containers") or [{}]
    return tuple(map(str, containers[0].get("command") or ()))


def _after(words: Sequence[str], option: str) -> str:
    return words[words.index(option) + 1] if option in words[:-1] else ""


def _may_be_touched(name: str) -> bool:
    try:
        permit(name)
    except Misuse:
        return False
    return True


def leftovers_in(
    context: str, allowed: Collection[str], images: Mapping[str, str], clock: Clock, proof: Proof
) -> tuple[list[Leftover], list[str]]:
    """Return what ``find_leftovers`` does of all namespaces of a cluster in which something may be undone.

    Raises:
        Misuse: there is no such context, or the cluster may not be touched; HarnessFailed: it does not answer.
    """
    with closing(Api(context)) as api:
        return find_leftovers(api, permitted_namespaces(api, allowed, proof), images, clock, datetime.now(UTC))
