"""What squall sends in benchmarks.load."""

from locust import task

from squall.load.user import OpenLoopUser


class Users(OpenLoopUser):
    """Ask for one page."""

    @task
    def look(self) -> None:
        """Ask."""
        self.client.get("/", name="look")
