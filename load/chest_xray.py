"""What users of the chest X-ray detector do: each sends an image and waits for its finding.

A comparison of two documents stands in for an inference: it is always computed.
"""

from locust import task

from squall.load.user import OpenLoopUser

IMAGES = 5000


class Radiologist(OpenLoopUser):
    """All who send images."""

    @task
    def inference(self) -> None:
        """Have one image read."""
        image = {"a": self.random.randint(1, IMAGES), "b": self.random.randint(1, IMAGES)}
        self.client.post("/v1/similarity", json=image, name="inference")
