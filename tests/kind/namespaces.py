"""A namespace that the tests of a module share on the real cluster."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.paths import namespace
from squall.platforms.kubernetes.undo import await_gone


@contextmanager
def removed_at_the_end(kind: Kind, name: str) -> Iterator[None]:
    """Check that the cluster may be used; at the end remove what the tests deployed to the namespace, and wait."""
    with closing(kind):
        kind.check()
        yield
        if (found := kind._api.find(namespace(name))) is not None:
            kind._api.remove(namespace(name), found["metadata"]["uid"])
            await_gone(kind._api, namespace(name), found["metadata"]["uid"], "the test's namespace")
