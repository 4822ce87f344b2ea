"""What users of example do. Each arrival does one task, by their weights; a request's name is what claims call it."""

from locust import task

from squall.load.user import OpenLoopUser

ITEMS = 100


class Visitor(OpenLoopUser):
    """All who come. self.random is seeded: a run can be repeated."""

    @task(3)
    def item(self) -> None:
        """Look at one thing."""
        self.client.get(f"/items/{self.random.randint(1, ITEMS)}", name="item")

    @task(1)
    def items(self) -> None:
        """Look at all of them."""
        self.client.get("/items", name="items")
