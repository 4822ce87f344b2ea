"""Locustfiles for the tests of the load process; ``USERS`` chooses one."""

import os
import urllib.request

import gevent  # type: ignore[import-untyped]
from locust import TaskSet, task

from squall.load.user import OpenLoopUser

CHOSEN = os.environ.get("USERS", "good")

if CHOSEN in ("good", "two"):

    class Users(OpenLoopUser):
        @task(3)
        def look(self) -> None:
            self.client.get("/look?secret=1", name="look")

        @task(1)
        def buy(self) -> None:
            self.client.post("/buy?secret=1", json={"thing": 1})


if CHOSEN == "two":

    class More(OpenLoopUser):
        @task
        def look(self) -> None:
            self.client.get("/")


if CHOSEN == "nested":

    class Nested(OpenLoopUser):
        @task
        class Inner(TaskSet):
            pass


if CHOSEN == "strange":

    class Strange(OpenLoopUser):
        def on_start(self) -> None:
            self.client.get("/login")

        @task
        def twice(self) -> None:
            self.client.get("/one")
            self.client.get("/two")

        @task
        def checks(self) -> None:
            with self.client.get("/checked", catch_response=True) as response:
                response.failure("not what was asked for")

        @task
        def nothing(self) -> None:
            raise KeyError("thing")

        @task
        def stumbles(self) -> None:
            self.client.get("/stumbles")
            raise KeyError("thing")

        @task
        def stumbles_within(self) -> None:
            with self.client.get("/within", catch_response=True):
                raise KeyError("thing")


if CHOSEN == "spawning":

    class Spawning(OpenLoopUser):
        @task
        def both(self) -> None:
            other = gevent.spawn(self.client.get, "/spawned")
            self.client.get("/own")
            other.join()

        @task
        def forgets(self) -> None:
            gevent.spawn(self.client.get, "/forgotten")

        @task
        def stumbles_there(self) -> None:
            self.client.get("/before")
            gevent.spawn(self._stumble).join()

        def _stumble(self) -> None:
            raise KeyError("thing")


if CHOSEN == "pair":

    class Pair(OpenLoopUser):
        @task
        def both(self) -> None:
            other = gevent.spawn(self.client.get, "/spawned")
            self.client.get("/own")
            other.join()


if CHOSEN == "forgiving":

    class Forgiving(OpenLoopUser):
        @task
        def look(self) -> None:
            with self.client.get("/", name="look", catch_response=True) as response:
                response.success()


if CHOSEN == "checking":

    class Checking(OpenLoopUser):
        @task
        def look(self) -> None:
            answer = self.client.get("/json", name="look")
            assert answer.text == "ok"


if CHOSEN == "mistyped":

    class Mistyped(OpenLoopUser):
        @task
        def look(self) -> None:
            self.client.get(self.no_such_path)  # type: ignore[attr-defined]


if CHOSEN == "thinking":

    class Thinking(OpenLoopUser):
        @task
        def look(self) -> None:
            gevent.sleep(2.2)  # more than the patience that its test gives
            self.client.get("/", name="look")


if CHOSEN == "flow":

    class Flow(OpenLoopUser):
        @task
        def logs_in_then_asks(self) -> None:
            self.client.get("/login")
            self.client.get("/ask")


if CHOSEN == "others":

    class Others(OpenLoopUser):
        @task
        def within(self) -> None:
            with self.exchange("urllib"), urllib.request.urlopen(f"{self.host}/urllib") as answer:  # noqa: S310
                answer.read()

        @task
        def event(self) -> None:
            self.environment.events.request.fire(
                request_type="grpc", name="grpc", response_time=5.0, response_length=2, exception=None, context={}
            )

        @task
        def silent(self) -> None:
            with urllib.request.urlopen(f"{self.host}/unseen") as answer:  # noqa: S310
                answer.read()


if CHOSEN == "following":

    class Following(OpenLoopUser):
        @task
        def stays(self) -> None:
            self.client.get("/moved", name="stays")

        @task
        def follows(self) -> None:
            self.client.get("/moved", name="follows", allow_redirects=True)

        @task
        def expects(self) -> None:
            with self.client.get("/moved", name="expects", catch_response=True) as response:
                response.success()


if CHOSEN == "unwelcome":

    class Unwelcome(OpenLoopUser):
        def on_start(self) -> None:
            raise KeyError("nobody lets me in")

        @task
        def look(self) -> None:
            self.client.get("/")


if CHOSEN == "raising":
    raise ValueError("not today")
