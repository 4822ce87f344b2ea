"""What users ask the truth server."""

from locust import task

from squall.load.user import OpenLoopUser


class Asking(OpenLoopUser):
    """Ask for one page."""

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/", name="page")
