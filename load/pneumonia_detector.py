"""What users of the pneumonia detector do: clinicians have images read, auditors and archivists look at what is kept.

Clinicians note which of their events were answered well. Auditors ask for these, a little later: each has to stand in
the audit trail just once, whatever happened meanwhile. Archivists know what images are like, and compare.
"""

import math
from time import monotonic
from typing import ClassVar

from locust import task

from load.images import similarity
from squall.load.user import OpenLoopUser

# As many as the optimizer prefetches.
IMAGES = 1000
# So long after its answer an event is asked for, so many at a time.
LATER, AT_ONCE = 2.0, 60
# Images are kept with the precision of PostgreSQL's real.
NEAR = 1e-4


class Clinician(OpenLoopUser):
    """All who have an image read."""

    weight = 85
    answered: ClassVar[list[tuple[float, str]]] = []

    @task
    def detect(self) -> None:
        """Have one image read; the event bears a name of the clinician's own."""
        event = f"{self.random.getrandbits(96):024x}"
        image = self.random.randint(1, IMAGES)
        with self.client.post("/v1/detect", json={"event": event, "image": image}, name="detect",
                              catch_response=True) as answer:  # fmt: skip
            if answer.status_code == 200:
                self.answered.append((monotonic(), event))


class Auditor(OpenLoopUser):
    """All who look whether what was answered stands in the audit trail."""

    weight = 10

    @task
    def trail(self) -> None:
        """Ask for events that were answered; what is lost, or there twice, makes the answer a wrong one."""
        asked = self._due()
        with self.client.post("/v1/trail", json={"events": asked}, name="trail", catch_response=True) as answer:
            if answer.status_code != 200:
                # To be asked for again.
                Clinician.answered.extend((0.0, event) for event in asked)
                return
            times = answer.json()["times"]
            if odd := {event: times.get(event) for event in asked if times.get(event) != 1}:
                answer.failure(f"not in the audit trail just once: {odd}")

    def _due(self) -> list[str]:
        until, waiting = monotonic() - LATER, Clinician.answered
        due = [each for each in waiting if each[0] <= until][:AT_ONCE]
        taken = {event for _, event in due}
        Clinician.answered[:] = [each for each in waiting if each[1] not in taken]
        return [event for _, event in due]


class Archivist(OpenLoopUser):
    """All who know what images are like."""

    weight = 5

    @task
    def compare(self) -> None:
        """Have two images compared; another result than theirs makes the answer a wrong one."""
        a, b = (self.random.randint(1, IMAGES) for _ in range(2))
        with self.client.get(f"/v1/compare?a={a}&b={b}", name="compare", catch_response=True) as answer:
            if answer.status_code != 200:
                return
            if not math.isclose(answer.json()["similarity"], similarity(a, b), abs_tol=NEAR):
                answer.failure(f"images {a} and {b} are not what they were")
