"""Why requests failed, as every report says it: of users and of probes, the commonest errors. Pure."""

import math

from squall.claims.claim import OfUsers
from squall.claims.registry import restored
from squall.errors import Misuse
from squall.measure.errors import commonest
from squall.measure.harm import onset
from squall.record.folder import Record
from squall.verdict import Finding


def failures(record: Record, start: float = -math.inf, end: float = math.inf) -> list[str]:
    """Return a line for each of the commonest errors of requests meant in ``[start, end)``, users' first.

    ``of users, 34 times: status 401 (66 % of all; POST /ask)``. Nothing failed: no line.
    """
    lanes = ("users", record.requests), ("probes", record.probes)
    return [f"of {who}, {text}" for who, samples in lanes for text in commonest(samples.between(start, end))]


def behind(finding: Finding, record: Record) -> list[str]:
    """Return why requests failed from the harm to the clean-up, where a finding is about what users got; else none."""
    began = onset(record)
    if began is None or not _of_users(finding, record):
        return []
    return failures(record, began.low, record.phase("undo") or math.inf)


def _of_users(finding: Finding, record: Record) -> bool:
    plan = next((claim for claim in record.plan.claims if claim.text == finding.claim), None)
    try:
        return plan is not None and isinstance(restored(plan), OfUsers)
    except Misuse:
        # A claim of a project that is not here, or of another version: what it is about is not known.
        return False
