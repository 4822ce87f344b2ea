"""What went wrong most often where requests failed: beside each figure that says how many did. Pure."""

from collections import Counter
from collections.abc import Sequence

from squall.record.samples import Sample

_MOST = 3


def commonest(samples: Sequence[Sample], most: int = _MOST) -> list[str]:
    """Return the commonest errors, each with its count, its share of all samples, and whose requests had it.

    ``34 times: status 401 (66 % of all; POST /ask)``; of probes, the lane: ``5 times: refused (1 % of all; lane new)``.
    """
    failed = [sample for sample in samples if not sample.ok]
    found = Counter(_error(sample) for sample in failed).most_common(most)
    return [f"{count} times: {error} ({_whose(failed, error, len(samples))})" for error, count in found]


def _error(sample: Sample) -> str:
    return sample.error or f"status {sample.status}"


def _whose(failed: Sequence[Sample], error: str, total: int) -> str:
    own = [sample for sample in failed if _error(sample) == error]
    parts = [f"{100 * len(own) / total:.0f} % of all"]
    for word, values in (("", [each.name for each in own]), ("lane ", [each.lane for each in own])):
        parts += [f"{word}{value}" for value, _ in Counter(filter(None, values)).most_common(1)]
    return "; ".join(parts)
