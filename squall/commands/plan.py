"""``squall plan``: all that would be done, before it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue as Json
from pydantic import TypeAdapter

from squall.commands.selecting import allow_option, context_option, json_option, platform_option, selection_options
from squall.pytest_plugin import options
from squall.report.plain import plain

if TYPE_CHECKING:
    from squall.commands.preview import Preview
    from squall.record.plan import TargetPlan


@click.command(name="plan")
@selection_options
@platform_option(f"what pytest's squall_platform says, else {options.PLATFORM}")
@context_option
@allow_option
@click.option("--seed", type=int, metavar="N", help="choose the targets that a run with this seed chooses")
@json_option
def command(paths: Sequence[str], promise: str | None, tag: str | None, name: str | None, system: str | None,
            platform: str | None, context: str | None, allowed: Sequence[str], seed: int | None,
            as_json: bool) -> None:  # fmt: skip
    """Show what running scenarios would do: whom it harms, how it is undone, what is claimed, how long it takes.

    Touches nothing. On a cluster, targets are read from it as it is now; a run brings the system up first, and may
    choose others then. On local the names are known before, and a run with the same seed chooses the same.

    \b
    Examples:
      squall plan
      squall plan features/quantum_rerank/crash.feature --platform kind --context kind-squall
      squall plan --promise Q2 --json
    """
    from squall.commands.features import read_features
    from squall.commands.preview import Preview, preview

    given = {"--squall-platform": platform, "--squall-context": context, "--squall-seed": seed}
    words = options.told(given, allowed)
    read = read_features(paths, [*words, *options.selecting(promise, name, tag, system)])
    found = [preview(scenario, read.platform, context, allowed) for scenario in read.scenarios]
    if as_json:
        click.echo(TypeAdapter(list[Preview]).dump_json(found, indent=2).decode())
    else:
        click.echo(plain("\n\n".join("\n".join(lines_of_plan(one)) for one in found)))


def lines_of_plan(one: "Preview") -> Iterator[str]:
    """Yield the lines of a plan."""
    from squall.commands.preview import fields

    plan = one.plan
    yield f"{plan.scenario}  ({plan.feature})"
    rows = [("system", _system(one)), ("refused", one.refused)]
    rows += [("load", f"{one.load.arrivals} ({one.load.locustfile}, given up after {one.load.timeout:g} s)")]
    rows += [("", f"and {one.load.probe_rate:g} probes/s in each of two lanes"), ("harm", plan.fault)]
    rows += _several("reversal", _reversals(plan.fault_fields))
    rows += _several("targets", [_target(t) for t in plan.targets] or [_nobody(one)])
    rows += [("among", ", ".join(one.among)), ("radius", _radius(one))]
    rows += _several("undo", [*plan.undo, "the run's lease is given back"])
    rows += _several("warning", plan.warnings)
    rows += _several("claims", [f"{claim.text}  [{claim.name}: {fields(claim.fields)}]" for claim in plan.claims])
    rows += [("steady", f"required for {plan.steady_window:g} s, waited for {plan.patience:g} s more at most")]
    rows += [("observed", f"{_observed(one)}; then the steady state again, for {plan.hold:g} s")]
    rows += [("takes", f"{one.least:.0f} to {one.most:.0f} s, and the time to bring the system up")]
    rows += [("rights", _rights(one)), *_several("missing", one.missing or ())]
    rows += [("seed", str(plan.seed)), ("run it", plan.command)]
    yield from (f"  {label:<10}{text}" for label, text in rows if text)


def _reversals(fields: Mapping[str, Json]) -> list[str]:
    """Say what is left of each fault of the harm, each class once."""
    from squall.faults.fault import Reversal

    listed = fields.get("parts")
    parts = [part for part in listed if isinstance(part, dict)] if isinstance(listed, list) else [fields]
    kinds = dict.fromkeys(Reversal(str(part["reversal"])) for part in parts)
    return [f"{kind}: {kind.meaning}" for kind in kinds]


def _observed(one: "Preview") -> str:
    plan = one.plan
    sooner = one.least < plan.steady_window + plan.observation + plan.hold
    return f"{plan.observation:g} s after the harm{', or until no verdict can change any more' if sooner else ''}"


def _several(label: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    return [(label if number == 0 else "", text) for number, text in enumerate(texts)]


def _system(one: "Preview") -> str:
    weak = f" with the weakness {', '.join(one.plan.weaknesses)}" if one.plan.weaknesses else ""
    return f"{one.plan.system}{weak} on {one.plan.platform} ({one.plan.context})"


def _rights(one: "Preview") -> str:
    if one.rights is None:
        return "" if one.refused else "none are needed"
    return (
        f"{len(one.rights)} are needed, {len(one.missing or ())} of them are missing (squall rbac prints them as roles)"
    )


def _target(one: "TargetPlan") -> str:
    of = f", container {one.container}," if one.container else ""
    return f"{one.name}{of} on {one.node}" if one.node else f"{one.name}{of.rstrip(',')}"


def _nobody(one: "Preview") -> str:
    return f"unknown: {one.unknown}" if one.unknown else "nobody"


def _radius(one: "Preview") -> str:
    if one.share is None:
        return "" if one.unknown else "nobody"
    return f"{len(one.plan.targets)} of {one.of} instances ({one.share:.0f}%)" if one.plan.targets else ""
