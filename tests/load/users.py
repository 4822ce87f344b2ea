"""Locustfiles for the tests of the load process; ``USERS`` chooses one."""

import os

from locust import HttpUser, TaskSet, task

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


if CHOSEN == "stock":

    class Stock(HttpUser):
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


if CHOSEN == "unwelcome":

    class Unwelcome(OpenLoopUser):
        def on_start(self) -> None:
            raise KeyError("nobody lets me in")

        @task
        def look(self) -> None:
            self.client.get("/")


if CHOSEN == "raising":
    raise ValueError("not today")
