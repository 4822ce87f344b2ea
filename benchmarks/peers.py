"""Load generators as ``benchmarks.load`` runs them: squall's, Locust's own users, k6 and oha. Each on one core.

Each is a command that sends GETs at a rate for some seconds, and what it said of its latencies when it was over.
k6 and oha are looked for on PATH and in the cache folder's ``bin``: ``go install go.k6.io/k6@v1.3.0``,
``cargo install oha --locked --root ~/.cache/squall``.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from squall.load.settings import LoadSettings
from squall.record import columns

CACHE = Path(os.environ.get("SQUALL_CACHE") or Path.home() / ".cache" / "squall") / "bin"
CORE = "0"


@dataclass(frozen=True)
class Job:
    """So many GETs a second to ``url`` for some seconds; ``folder`` is for files of one run."""

    url: str
    rate: int
    seconds: int
    folder: Path

    @property
    def out(self) -> Path:
        """Where the generator says what it saw."""
        return self.folder / "said"


@dataclass(frozen=True)
class Peer:
    """A generator: ``command`` of a job, the variables that it needs, and the p99 (s) that it reported after it.

    ``ends`` says that it ends by itself; else SIGTERM ends it. ``starts`` is how long (s) its users take to be there.
    """

    name: str
    command: Callable[[Job], Sequence[str]]
    p99: Callable[[Job, str], float]
    variables: Callable[[Job], Mapping[str, str]] = field(default=lambda job: {})
    ends: bool = True
    starts: int = 2


def found() -> Sequence[Peer]:
    """Return those that are installed here."""
    peers = [
        Peer("squall", _squall, _of_squall, _squall_settings, ends=False),
        Peer("Locust FastHttpUser", _locust, _of_locust, lambda job: {"CLIENT": "FastHttpUser"}, starts=15),
        Peer("Locust HttpUser", _locust, _of_locust, lambda job: {"CLIENT": "HttpUser"}, starts=15),
    ]
    if _path("k6"):
        peers.append(Peer("k6", _k6, _of_k6))
    if _path("oha"):
        peers.append(Peer("oha", _oha, _of_oha))
    return peers


def _path(name: str) -> str:
    return shutil.which(name, path=f"{CACHE}:{os.environ['PATH']}") or ""


def _squall(job: Job) -> Sequence[str]:
    return [sys.executable, "-m", "squall.load", str(Path("benchmarks/locustfile_squall.py").absolute())]


def _squall_settings(job: Job) -> Mapping[str, str]:
    settings = LoadSettings(job.url, job.rate, 10.0, 20_000, str(job.out), 1, connections="kept")
    return settings.environment()


def _of_squall(job: Job, said: str) -> float:
    taken = sorted(sample.latency for sample in columns.load(job.out))
    return taken[int(len(taken) * 0.99)] if taken else float("nan")


def _locust(job: Job) -> Sequence[str]:
    # A user a second each: the number of users is the rate.
    return [sys.executable, "-m", "locust", "-f", "benchmarks/locustfile_closed.py", "--headless", "--host", job.url,
            "-u", str(job.rate), "-r", str(job.rate), "-t", f"{job.seconds}s",
            "--json", "--loglevel", "ERROR"]  # fmt: skip


def _of_locust(job: Job, said: str) -> float:
    totals = json.loads(said)
    if not totals:
        return float("nan")
    counts = sorted((float(ms), count) for ms, count in totals[0]["response_times"].items())
    wanted, seen = 0.99 * sum(count for _, count in counts), 0
    for ms, count in counts:
        seen += count
        if seen >= wanted:
            return ms / 1000
    return float("nan")


def _k6(job: Job) -> Sequence[str]:
    script = job.folder / "k6.js"
    script.write_text(f"""
import http from 'k6/http';
export const options = {{ discardResponseBodies: true, summaryTrendStats: ['p(99)'], scenarios: {{ all: {{
  executor: 'constant-arrival-rate', rate: {job.rate}, timeUnit: '1s', duration: '{job.seconds}s',
  preAllocatedVUs: {max(50, job.rate // 4)}, maxVUs: 4000 }} }} }};
export default function () {{ http.get('{job.url}/'); }}
""")
    return [_path("k6"), "run", "--quiet", "--no-usage-report", "--summary-export", str(job.out), str(script)]


def _of_k6(job: Job, said: str) -> float:
    return float(json.loads(job.out.read_text())["metrics"]["http_req_duration"]["p(99)"]) / 1000


def _oha(job: Job) -> Sequence[str]:
    return [_path("oha"), "--no-tui", "--output-format", "json", "-q", str(job.rate), "-z", f"{job.seconds}s",
            "-c", "1000",
            "--latency-correction", f"{job.url}/"]  # fmt: skip


def _of_oha(job: Job, said: str) -> float:
    return float(json.loads(said)["latencyPercentiles"]["p99"])
