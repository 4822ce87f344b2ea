"""What Locust alone sends in benchmarks.load: each user once a second, by the class that ``CLIENT`` names."""

import os

import locust
from locust import constant_throughput, task


class Users(getattr(locust, os.environ["CLIENT"])):  # type: ignore[misc]
    """Ask for one page, once a second."""

    wait_time = constant_throughput(1)

    @task
    def look(self) -> None:
        """Ask."""
        self.client.get("/", name="look")
