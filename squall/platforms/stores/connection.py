"""The way to a store while a process attends it: its port on 127.0.0.1, and passwords from where the endpoint says.

A port-forward ends with the process that opened it, however that ends. To be used from a process of one thread.
"""

import base64
import binascii
import os
import re
import select
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, Misuse, SquallError
from squall.platforms.kubectl import Kubectl
from squall.platforms.stores.endpoint import KUBECONFIG_COPY, STORE_CREDENTIAL, Forwarded, Loopback, StoreEndpoint
from squall.process.prctl import die_with_parent
from squall.system.stores import Login

HOST = "127.0.0.1"
FORWARDED_WITHIN = 20.0
_SAYS = re.compile(rb"Forwarding from 127\.0\.0\.1:(\d+)")
_NOT_THERE = re.compile(r"\(NotFound\)|not found")


class StoreGone(SquallError):
    """The store is no more, and with it all that was held there."""


class StoreConnection:
    """An open way to a store, until ``close``."""

    def __init__(self, endpoint: StoreEndpoint, environment: Mapping[str, str]) -> None:
        self._endpoint, self._environment = endpoint, environment
        self._passwords: dict[Login, str] = {}
        self._forward: subprocess.Popen[bytes] | None = None
        self._port = 0

    def port(self) -> int:
        """Return the port of 127.0.0.1 that leads there now.

        Raises:
            StoreGone: there is no such store any more; HarnessFailed: there is no way to it now.
        """
        place = self._endpoint.place
        if isinstance(place, Loopback):
            if place.folder and not os.path.isdir(place.folder):  # noqa: PTH112 - a plain question
                raise StoreGone(f"{self._endpoint.service} is gone: there is no {place.folder}")
            return place.port
        if self._forward is None or self._forward.poll() is not None:
            if threading.current_thread() is not threading.main_thread():
                # It would end with the thread that opens it.
                raise HarnessFailed(f"the port-forward to {self._endpoint.service} has ended")
            self.close()
            self._open(place)
        return self._port

    def password(self, login: Login) -> str | None:
        """Return the password of a login, or None if it has none. Raises Misuse if it is not where it should be."""
        if login not in self._passwords:
            if login.variable is not None:
                self._passwords[login] = self._of_environment(login.variable)
            elif login.secret is not None:
                self._passwords[login] = self._of_secret(login.secret, login.key)
            elif (found := self._of_run()) is not None:
                self._passwords[login] = found
        return self._passwords.get(login)

    def forget(self, login: Login) -> None:
        """Read the password of a login anew when it is next asked for."""
        self._passwords.pop(login, None)

    def close(self) -> None:
        """End the port-forward."""
        if self._forward is not None:
            self._forward.kill()
            self._forward.wait()
            self._forward = None

    def _kubectl(self, place: Forwarded) -> Kubectl:
        """Return the kubectl of this way: of the run's own copy of the kubeconfig, or, for an undo, of the user's."""
        return Kubectl(place.context, self._environment.get(KUBECONFIG_COPY) or place.kubeconfig)

    def _open(self, place: Forwarded) -> None:
        kubectl = self._kubectl(place)
        words = ["port-forward", "-n", place.namespace, f"service/{place.service}", "--address", HOST, f":{place.port}"]
        process = subprocess.Popen(
            kubectl.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, env=kubectl.environment(), preexec_fn=die_with_parent,
        )  # fmt: skip
        self._forward = process
        if process.stdout is None or process.stderr is None:
            raise HarnessFailed("starting kubectl port-forward: it has no pipes")
        said = _first_line(process.stdout)
        if (found := _SAYS.match(said)) is None:
            process.kill()
            why = (process.stderr.read().decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
            self.close()
            kind = StoreGone if _NOT_THERE.search(why) else HarnessFailed
            raise kind(f"forwarding to {self._endpoint.service}: {why}")
        self._port = int(found[1])
        for pipe in (process.stdout, process.stderr):
            # It says something of each connection, and stops when nobody listens.
            threading.Thread(target=_drain, args=(pipe,), daemon=True).start()

    def _of_environment(self, variable: str) -> str:
        if (found := self._environment.get(variable)) is None:
            where = f"in the environment as {variable}"
            raise Misuse(f"{self._endpoint.service}: its password should be {where}, and is not there")
        return found

    def _of_run(self) -> str | None:
        """Return the password of a store that squall started; None: somebody else did."""
        place = self._endpoint.place
        if not isinstance(place, Loopback) or not place.folder:
            return None
        with suppress(FileNotFoundError):
            return (Path(place.folder) / STORE_CREDENTIAL).read_text()
        return None

    def _of_secret(self, secret: str, key: str) -> str:
        place = self._endpoint.place
        return self.held(place.namespace if isinstance(place, Forwarded) else "", secret, key)

    def held(self, namespace: str, secret: str, key: str) -> str:
        """Return what a Secret of the store's cluster holds now under a key. Raises Misuse if it is not there."""
        place = self._endpoint.place
        if not isinstance(place, Forwarded):
            raise Misuse(f"{self._endpoint.service}: a Secret is in a cluster, and this store is not")
        kubectl = self._kubectl(place)
        path = "jsonpath={.data." + key.replace(".", "\\.") + "}"
        held = kubectl.run("get", "secret", secret, "-n", namespace, "-o", path)
        if not held:
            raise Misuse(f"{self._endpoint.service}: the Secret {secret} of {namespace} has no key {key}")
        try:
            return base64.b64decode(held, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Misuse(f"{self._endpoint.service}: {key} of the Secret {secret} is not a password") from None


def _first_line(stdout: IO[bytes]) -> bytes:
    """Return the first line, or what came until the time was over or the process ended."""
    line, deadline = b"", SYSTEM.now() + FORWARDED_WITHIN
    while not line.endswith(b"\n") and (left := deadline - SYSTEM.now()) > 0:
        if select.select([stdout], [], [], left)[0]:
            part = os.read(stdout.fileno(), 4096)
            if not part:
                break
            line += part
    return line


def _drain(pipe: IO[bytes]) -> None:
    try:
        while os.read(pipe.fileno(), 65536):
            pass
    except (OSError, ValueError):
        return
