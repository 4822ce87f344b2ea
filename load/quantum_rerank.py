"""What users of QuantumRerank do: mostly rerank, some compare two documents, few send a batch.

Of a million queries a few are popular: at 50 to 200 requests a second, with answers kept for 60 s, the cache answers
20 to 30 % of them (the runbook's normal is 15 to 30), once it has been filled for a minute.
"""

from locust import task

from load.popularity import popular
from squall.load.user import OpenLoopUser

QUERIES = 1_000_000
SKEW = 0.885
DOCUMENTS = 5000
CANDIDATES = 10
BATCH = 3


class Reader(OpenLoopUser):
    """All who search."""

    @task(6)
    def rerank(self) -> None:
        """Put candidates in order for a query."""
        self.client.post("/v1/rerank", json=self._query(), name="rerank")

    @task(3)
    def similarity(self) -> None:
        """Compare two documents."""
        pair = {"a": self.random.randint(1, DOCUMENTS), "b": self.random.randint(1, DOCUMENTS)}
        self.client.post("/v1/similarity", json=pair, name="similarity")

    @task(1)
    def batch(self) -> None:
        """Rerank for several queries at once."""
        self.client.post("/v1/batch", json={"queries": [self._query() for _ in range(BATCH)]}, name="batch")

    def _query(self) -> dict[str, str | list[int]]:
        number = popular(self.random, QUERIES, SKEW)
        # A query always has the same candidates; the step has no factor in common with 5000, so they differ.
        candidates = [(number * 7919 + place * 4729) % DOCUMENTS + 1 for place in range(CANDIDATES)]
        return {"query": f"query {number}", "candidates": candidates}
