"""What went wrong most often where requests failed: beside each figure that says how many did. Pure."""

from collections import Counter
from collections.abc import Sequence

from squall.record.samples import Sample

_MOST = 3


def commonest(samples: Sequence[Sample], most: int = _MOST) -> list[str]:
    """Return the commonest errors, each with its count, its share of all samples, and whose requests had it.

    ``34 times: status 401 (66 % of all; POST /ask)``; of probes, the lane: ``5 times: refused (1 % of all; lane new)``.
    Where several kinds of request had it, the commonest is named with its own count: ``GET / 20 of 34``.
    """
    failed = [sample for sample in samples if not sample.ok]
    found = Counter(map(_error, failed)).most_common(most)
    return [f"{_times(count)}: {error} ({_whose(failed, error, len(samples))})" for error, count in found]


def _error(sample: Sample) -> str:
    return sample.error or f"status {sample.status}"


def _whose(failed: Sequence[Sample], error: str, total: int) -> str:
    own = [sample for sample in failed if _error(sample) == error]
    parts = [_share(len(own), total)]
    for word, values in (("", [each.name for each in own]), ("lane ", [each.lane for each in own])):
        for value, count in Counter(filter(None, values)).most_common(1):
            parts.append(f"{word}{value}" if count == len(own) else f"{word}{value} {count} of {len(own)}")
    return "; ".join(parts)


def _share(count: int, total: int) -> str:
    # One of a thousand is not none of them.
    share = 100 * count / total
    return f"{share:.0f} % of all" if share >= 1 else f"{share:.1g} % of all"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
