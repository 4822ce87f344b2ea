"""Locustfiles that Locust alone can run, and squall as well; ``USERS`` chooses one."""

import os
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import FastHttpUser, HttpUser, SequentialTaskSet, TaskSet, User, between, constant, events, tag, task

CHOSEN = os.environ.get("USERS", "shopper")
Client = FastHttpUser if os.environ.get("FAST") else HttpUser


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _(parser: Any) -> None:
    parser.add_argument("--page", default="/usual", help="what is looked at")


if CHOSEN == "shopper":

    class Shopper(Client):  # type: ignore[misc, valid-type]
        """Logs in once, with a cookie, and then looks and buys, three to one."""

        wait_time = between(0.01, 0.02)

        def on_start(self) -> None:
            self.client.post("/login", json={"who": 1})
            self.visits = 0

        def on_stop(self) -> None:
            self.client.get(f"/logout?visits={self.visits}", name="/logout")

        @task(3)
        def look(self) -> None:
            self.visits += 1
            self.client.get(self.environment.parsed_options.page, name="look")

        @task
        def buy(self) -> None:
            self.visits += 1
            self.client.post("/buy", json={"thing": 1}, name="buy")


if CHOSEN == "flow":

    class Steps(SequentialTaskSet):
        def on_start(self) -> None:
            self.client.get("/enter")

        @task
        def first(self) -> None:
            self.client.get("/first")

        @task
        def second(self) -> None:
            self.client.get("/second")

        @task
        def leave(self) -> None:
            self.client.get("/leave")
            self.interrupt()  # type: ignore[no-untyped-call]

    class Walker(Client):  # type: ignore[misc, valid-type]
        wait_time = constant(0.01)
        tasks = {Steps: 1}  # noqa: RUF012 - as Locust's manual has it


if CHOSEN == "nested":

    class Inner(TaskSet):
        @task(3)
        def often(self) -> None:
            self.client.get("/often")

        @task
        def seldom(self) -> None:
            self.client.get("/seldom")

        @task
        def out(self) -> None:
            self.client.get("/out")
            self.interrupt(reschedule=False)  # type: ignore[no-untyped-call]

    class Nested(Client):  # type: ignore[misc, valid-type]
        wait_time = constant(0)

        @task
        def outer(self) -> None:
            self.client.get("/outer")

        inner = task(Inner)


if CHOSEN == "odd":

    class Odd(Client):  # type: ignore[misc, valid-type]
        wait_time = constant(0.01)

        @task
        def raises(self) -> None:
            self.client.get("/before")
            raise KeyError("thing")

        @task
        def checks(self) -> None:
            with self.client.get("/checked", catch_response=True) as answer:
                answer.failure("not what was asked for")

        @task
        def forgives(self) -> None:
            with self.client.get("/moved", name="forgives", catch_response=True) as answer:
                answer.success()

        @task
        def stays(self) -> None:
            self.client.get("/moved", name="stays")

        @task
        def follows(self) -> None:
            self.client.get("/moved", name="follows", allow_redirects=True)

        @task
        def silent(self) -> None:
            pass

        @task
        def greenlets(self) -> None:
            gevent.joinall([gevent.spawn(self.client.get, f"/green/{number}") for number in (1, 2)])

        @task
        def other(self) -> None:
            self.environment.events.request.fire(
                request_type="grpc", name="grpc", response_time=5.0, response_length=2, exception=None, context={}
            )

        @task
        def rests(self) -> None:
            with self.rest("GET", "/json", name="rests") as answer:
                assert answer.js == {"a": 1}


if CHOSEN == "own-rest":

    class OwnRest(Client):  # type: ignore[misc, valid-type]
        """Has names of its own for what squall or Locust might call so."""

        settings = arrivals = started = following = "hers"

        def rest(self) -> None:
            self.client.get("/rest")

        def come(self) -> None:
            self.rest()

        enter = leave = serve = stop_it = come

        @task
        def look(self) -> None:
            self.come()
            assert self.settings == self.arrivals == self.started == self.following == "hers"


if CHOSEN == "mixed":

    class Browser(HttpUser):
        weight = 3

        @task
        def look(self) -> None:
            self.client.get("/browser")

    class Api(FastHttpUser):
        weight = 1

        @task
        def look(self) -> None:
            self.client.get("/api")


if CHOSEN == "unwelcome":

    class Unwelcome(Client):  # type: ignore[misc, valid-type]
        def on_start(self) -> None:
            self.client.get("/login")
            raise KeyError("nobody lets me in")

        @task
        def look(self) -> None:
            self.client.get("/")


if CHOSEN == "tagged":

    class Tagged(Client):  # type: ignore[misc, valid-type]
        @tag("slow")
        @task
        def slow(self) -> None:
            self.client.get("/slow")

        @tag("quick")
        @task
        def quick(self) -> None:
            self.client.get("/quick")


if CHOSEN == "fixed":

    class Fixed(Client):  # type: ignore[misc, valid-type]
        fixed_count = 1

        @task
        def look(self) -> None:
            self.client.get("/")


if CHOSEN == "idle":

    class Idle(Client):  # type: ignore[misc, valid-type]
        pass


if CHOSEN == "running":

    class Running(User):
        def run(self) -> None:  # type: ignore[misc]
            pass

        @task
        def look(self) -> None:
            pass
