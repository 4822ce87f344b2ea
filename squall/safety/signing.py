"""Signs what is written to be acted upon later: so a file that was received is told from one that this user wrote.

The key is one of this user (a random one, mode 0600, in the user's state folder), and a signature is bound to this
machine and to the file's place: a signed line that is copied elsewhere is somebody else's. Nothing is encrypted here.
"""

import hmac
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from squall.errors import Misuse
from squall.writing.origin import machine_id

_KEY, _LENGTH = "undo.key", 32


def signature(line: Mapping[str, object], place: Path) -> str:
    """Return the signature (HMAC-SHA256, hexadecimal) of a JSON line of the file ``place``.

    Raises:
        Misuse: the key cannot be made or read, or others may read it.
    """
    text = json.dumps(line, sort_keys=True, separators=(",", ":"))
    return hmac.digest(_key(_folder()), f"{machine_id()}\0{place.resolve()}\0{text}".encode(), "sha256").hex()


def is_ours(line: Mapping[str, object], signed: object, place: Path) -> bool:
    """Say whether this user wrote the line, on this machine, into this file."""
    return isinstance(signed, str) and hmac.compare_digest(signature(line, place).encode(), signed.encode())


def _folder() -> Path:
    """Return the user's state folder for squall (XDG base directories); without a home, one in the temporary folder."""
    state = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    for folder in (Path(state) / "squall", Path(tempfile.gettempdir()) / f"squall-state-{os.geteuid()}"):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise Misuse(
        "signing the undo log: neither ~/.local/state nor the temporary folder can be written; set XDG_STATE_HOME"
    )


@cache
def _key(folder: Path) -> bytes:
    path = folder / _KEY
    if not path.exists():
        _make(path)
    _only_ours(folder)
    _only_ours(path)
    key = path.read_bytes()
    if len(key) != _LENGTH:
        raise Misuse(f"signing the undo log: {path} is no key; remove it, and what it has signed is no longer trusted")
    return key


def _make(path: Path) -> None:
    """Make a key under another name first: whoever comes second takes the first one's, and nobody reads half of one."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_LENGTH))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        Path(beside).unlink()


def _only_ours(path: Path) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise Misuse(f"signing the undo log: {path} may be changed by others; make it yours alone (chmod go-w)")
    if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
        raise Misuse(f"signing the undo log: {path} may be read by others; chmod 600, or remove it")
