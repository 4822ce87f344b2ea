"""A kubeconfig as it was when it was first read: whatever becomes of the file, all calls of a run go to one cluster.

The API's own client and kubectl read it from a copy that only this user can, until ``close`` or the end of the process.
"""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

DEFAULT = "~/.kube/config"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Entries that name files, which count from the kubeconfig's own folder.
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class FrozenKubeconfig:
    """A copy of one kubeconfig, or of several as the variable KUBECONFIG names them (None: the user's own)."""

    def __init__(self, kubeconfig: str | None) -> None:
        folder = Path(tempfile.mkdtemp(prefix="squall-kubeconfig-"))
        # Removed at the end of the process, too, if nobody closes it.
        self._remove = weakref.finalize(self, shutil.rmtree, str(folder), ignore_errors=True)
        files = [Path(each).expanduser() for each in (kubeconfig or DEFAULT).split(os.pathsep) if each]
        self.path = os.pathsep.join(str(_copied(file, folder / str(number))) for number, file in enumerate(files))

    def close(self) -> None:
        """Remove it."""
        self._remove()


def _copied(file: Path, to: Path) -> Path:
    """Copy a file; one that cannot be read is not there in the copy either, as who loads it says."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return to
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as copy:
        copy.write(_moved(text, file.absolute().parent))
    return to


def _moved(text: str, folder: Path) -> str:
    """Return a kubeconfig that means in any folder what it meant in this one. What is no kubeconfig stays as it is."""
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    for part in _parts(said, "clusters", "cluster"):
        if (urlsplit(str(part.get("server"))).hostname or "") in LOOPBACK:
            # The API's client asks what is on this machine without a proxy; kubectl is to ask the same server.
            part.pop("proxy-url", None)
        _absolute(part, folder)
    for part in _parts(said, "users", "user"):
        _absolute(part, folder)
        plugin = part.get("exec")
        # A command without a folder is looked for on PATH.
        if isinstance(plugin, dict) and "/" in str(plugin.get("command")):
            plugin["command"] = str(folder / str(plugin["command"]))
    return yaml.safe_dump(said)


def _absolute(part: dict[str, Any], folder: Path) -> None:
    for name in _FILES:
        if part.get(name):
            part[name] = str(folder / str(part[name]))


def _parts(said: object, many: str, one: str) -> Iterator[dict[str, Any]]:
    listed = said.get(many) if isinstance(said, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(part := each.get(one), dict):
            yield part
