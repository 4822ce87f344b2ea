"""The API server as plain JSON. The only module that imports the ``kubernetes`` package, and only when it is used.

Each thread has an ApiClient of its own; each request has time limits. The package's models are passed by: they
cost a millisecond an object and refuse fields that they do not know.
"""

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import urlencode, urlsplit

from squall.agent.expiry.marks import as_the_server
from squall.clock import SYSTEM
from squall.errors import HarnessFailed, Misuse
from squall.platforms.kubernetes.api.kubeconfig import DEFAULT, LOOPBACK, FrozenKubeconfig
from squall.writing.redact import redacted

Object = Mapping[str, Any]

CONNECT_WITHIN = 2.0
READ_WITHIN = 10.0
# Prometheus's text format, and the most that is read of a page.
TEXT = "text/plain; version=0.0.4"
LONGEST = 8 * 1024 * 1024
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
# What others see in managedFields of what we wrote.
FIELD_MANAGER = "squall"
# What a list says of each object, without what is in it.
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class ApiFailed(HarnessFailed):
    """The API server did not do what was asked; ``status`` is 0 if it did not answer."""

    def __init__(self, doing: str, status: int, reason: str) -> None:
        super().__init__(f"{doing}: {reason}")
        self.status, self.reason = status, reason

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later: the server did not answer, restarts, or is overloaded."""
        return self.status in {0, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or self.status >= 500


class Stream:
    """An answer that goes on: pieces as they arrive, until it ends or ``close`` is called from any thread."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def pieces(self) -> Iterator[bytes]:
        """Yield what arrives, undivided. Raises ApiFailed when it is cut."""
        try:
            yield from self._response.stream(65536)
        except Exception as error:
            if not _of_the_connection(error):
                raise
            raise ApiFailed("reading a stream", 0, _first_line(error)) from error

    def close(self) -> None:
        """End it; a blocked reader returns at once."""
        # The reader may have ended it in the same moment.
        with suppress(ValueError, RuntimeError, OSError):
            self._response.shutdown()


class Api:
    """One context of the user's kubeconfig, as it is now: ``frozen`` is the copy that stays, until ``close``.

    Raises:
        Misuse: the package is missing, there is no kubeconfig, or it has no such context.
    """

    def __init__(self, context: str | None, kubeconfig: str | None = None) -> None:
        self.kubeconfig = kubeconfig or os.environ.get("KUBECONFIG") or None
        self.frozen = FrozenKubeconfig(self.kubeconfig)
        self.context, self._configuration = _configured(context, self.kubeconfig, self.frozen.path)
        self._clients = threading.local()
        self._open: list[Any] = []

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self._configuration.host)

    def get(self, path: str, query: Mapping[str, str] | None = None, within: float = READ_WITHIN) -> Object:
        """Read an object or a list."""
        return self._json("GET", path, None, query, within=within)

    def find(self, path: str) -> Object | None:
        """Read an object, or None if it is not there."""
        try:
            return self.get(path)
        except ApiFailed as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def items(self, path: str, query: Mapping[str, str] | None = None) -> Sequence[Object]:
        """Read the items of a list."""
        return tuple(self.get(path, query).get("items") or ())

    def metadata(self, path: str, query: Mapping[str, str] | None = None) -> Sequence[Object]:
        """Read the metadata of the items of a list; what is in the objects (a Secret's data) does not travel."""
        return tuple(self._json("GET", path, None, query, accept=METADATA).get("items") or ())

    def create(self, path: str, body: Object) -> Object:
        """Create an object in a collection."""
        return self._json("POST", path, body)

    def replace(self, path: str, body: Object) -> Object:
        """Replace an object; its resourceVersion must be the one that was read."""
        return self._json("PUT", path, body)

    def patch(self, path: str, body: Object) -> Object:
        """Merge into an object."""
        return self._json("PATCH", path, body, kind=MERGE)

    def patch_tested(self, path: str, operations: Sequence[Object]) -> Object:
        """Do all operations of a JSON Patch (RFC 6902) or none. Raises ApiFailed (422 also when a test fails)."""
        return self._json("PATCH", path, operations, {"fieldManager": FIELD_MANAGER}, kind=JSON_PATCH)

    def delete(self, path: str, uid: str, grace: int | None = None) -> Object:
        """Delete an object if it still has that uid. Raises ApiFailed (404, or 409 for another uid)."""
        body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        return self._json("DELETE", path, body)

    def remove(self, path: str, uid: str, grace: int | None = None) -> bool:
        """Delete an object if it still has that uid; False if it was gone or another by then."""
        try:
            self.delete(path, uid, grace)
        except ApiFailed as error:
            if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                return False
            raise
        return True

    def page(self, path: str, within: float) -> str:
        """Read a text, all of it within so many seconds and of no more than ``LONGEST`` bytes."""
        deadline, said = SYSTEM.now() + within, b""
        stream = Stream(self._call("GET", path, None, within=within, accept=TEXT).response)
        for piece in stream.pieces():
            said += piece
            if SYSTEM.now() > deadline or len(said) > LONGEST:
                stream.close()
                raise ApiFailed(f"GET {path}", 0, f"no end in time, after {len(said)} bytes")
        return said.decode(errors="replace")

    def stream(self, path: str, query: Mapping[str, str], within: float) -> Stream:
        """Begin an answer that goes on; silence of ``within`` seconds cuts it."""
        return Stream(self._call("GET", path, None, query, within=within).response)

    def close(self) -> None:
        """Close all connections, and remove the copy of the kubeconfig."""
        self.frozen.close()
        for client in self._open:
            client.rest_client.close()

    def _json(self, *call: Any, **more: Any) -> Object:
        response = self._call(*call, **more)
        try:
            answer = json.loads(response.read())
        except Exception as error:
            if not isinstance(error, ValueError) and not _of_the_connection(error):
                raise
            raise ApiFailed(f"{call[0]} {call[1]}", 0, _first_line(error)) from error
        return answer if isinstance(answer, dict) else {}

    def _call(
        self,
        method: str,
        path: str,
        body: Object | Sequence[Object] | None,
        query: Mapping[str, str] | None = None,
        kind: str = "application/json",
        within: float = READ_WITHIN,
        accept: str = "application/json",
    ) -> Any:
        headers = {"Accept": accept, "Content-Type": kind}
        queries: list[tuple[str, str]] = []
        try:
            client = self._client()
            client.update_params_for_auth(headers, queries, ["BearerToken"], path, method, body)
            url = self.server + path + (f"?{urlencode(query)}" if query else "")
            if kind == JSON_PATCH:
                timeout = import_module("urllib3").Timeout(connect=CONNECT_WITHIN, read=within)
                send, more = client.rest_client.pool_manager.request, {"timeout": timeout, "preload_content": False}
                response = send(method, url, headers=headers, body=as_the_server(body), **more)
            else:
                response = client.call_api(method, url, headers, body, None, (CONNECT_WITHIN, within))
        except Exception as error:
            if not _of_the_connection(error):
                raise
            raise ApiFailed(f"{method} {path}", 0, _first_line(error)) from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ApiFailed(f"{method} {path}", response.status, _message(response))
        return response

    def _client(self) -> Any:
        if not hasattr(self._clients, "one"):
            self._clients.one = import_module("kubernetes.client.api_client").ApiClient(self._configuration)
            self._open.append(self._clients.one)
        return self._clients.one


def _configured(context: str | None, kubeconfig: str | None, copy: str) -> tuple[str, Any]:
    try:
        loading = import_module("kubernetes.config.kube_config")
        configuration = import_module("kubernetes.client.configuration").Configuration()
    except ImportError as error:
        raise Misuse("the platform needs the kubernetes package: pip install 'squall[kubernetes]'") from error
    file = kubeconfig or DEFAULT
    try:
        merged = loading.KubeConfigMerger(copy).config
        names, current = [str(each["name"]) for each in merged["contexts"]], merged.safe_get("current-context")
    except TypeError as error:
        raise Misuse(f"reading {file}: it holds no configuration. Make a cluster, or set KUBECONFIG") from error
    except Exception as error:
        raise Misuse(f"reading {file}: {_first_line(error)} Make a cluster, or set KUBECONFIG") from error
    listed = ", ".join(names) or "none"
    # As kubectl has it: a file need not say which is the current one if the user does.
    if not (chosen := context or str(current or "")):
        raise Misuse(f"reading {file}: it names no current context; say --context NAME (known: {listed})")
    if chosen not in names:
        raise Misuse(f'there is no context "{chosen}" in {file} (known: {listed})')
    try:
        with _complaints() as said:
            loading.load_kube_config(copy, chosen, configuration)
    except Exception as error:
        raise Misuse(f"reading the context {chosen} of {file}: {_first_line(error)}") from error
    if said:
        raise Misuse(f"logging in to the context {chosen} of {file}: {' '.join(' '.join(said).split())}")
    configuration.retries = False
    # As Go's clients do: what is on this machine is not asked for through a proxy.
    if (urlsplit(configuration.host).hostname or "") in LOOPBACK:
        configuration.proxy = None
    return chosen, configuration


class _Said(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(redacted(record.getMessage()))


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Yield what the client logs: of a login that fails it says no more, and goes on without one."""
    handler = _Said()
    logging.getLogger().addHandler(handler)
    try:
        yield handler.lines
    finally:
        logging.getLogger().removeHandler(handler)


def _of_the_connection(error: Exception) -> bool:
    """Say whether the server did not answer, rather than that this program is wrong."""
    exceptions = import_module("kubernetes.client.exceptions")
    urllib3 = import_module("urllib3.exceptions")
    return isinstance(error, exceptions.ApiException | urllib3.HTTPError | OSError)


def _message(response: Any) -> str:
    text = response.read().decode(errors="replace")
    try:
        message = str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        message = text[:200] or str(response.reason)
    return f"{message} ({response.status})"


def _first_line(error: Exception) -> str:
    # urllib3 puts the connection's Python repr before what happened to it.
    text = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return text.rpartition("object at 0x")[2].partition(">: ")[2] or text
