"""Whose a line is: signed with a key that only this user has, on this machine, in this file."""

import os
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.safety import signing
from squall.safety.signing import is_ours, signature

LINE = {"entry": 1, "state": "open"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "squall"


def test_what_this_user_signed_is_known_again(tmp_path: Path, state: Path) -> None:
    signed = signature(LINE, tmp_path / "log")
    assert is_ours(LINE, signed, tmp_path / "log")
    assert (state / "undo.key").stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    signing._key.cache_clear()
    assert is_ours(LINE, signed, tmp_path / "log")


@pytest.mark.parametrize("signed", [None, 3, "", "é", "0" * 64])
def test_what_is_no_signature_is_not_ours(tmp_path: Path, signed: object) -> None:
    assert not is_ours(LINE, signed, tmp_path / "log")


def test_another_file_another_line_another_machine_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = signature(LINE, tmp_path / "log")
    assert not is_ours({**LINE, "entry": 2}, signed, tmp_path / "log")
    assert not is_ours(LINE, signed, tmp_path / "other")
    with monkeypatch.context() as patch:
        patch.setattr(signing, "machine_id", lambda: "another")
        assert not is_ours(LINE, signed, tmp_path / "log")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user's"))
    assert not is_ours(LINE, signed, tmp_path / "log")


def test_a_link_to_the_folder_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert is_ours(LINE, signature(LINE, tmp_path / "log"), tmp_path / "link" / "log")


@pytest.mark.parametrize("mode", [0o644, 0o620])
def test_a_key_that_others_reach_is_refused(tmp_path: Path, state: Path, mode: int) -> None:
    signature(LINE, tmp_path / "log")
    (state / "undo.key").chmod(mode)
    signing._key.cache_clear()
    with pytest.raises(Misuse, match="others"):
        signature(LINE, tmp_path / "log")


def test_a_key_behind_a_link_is_refused(tmp_path: Path, state: Path) -> None:
    state.mkdir(mode=0o700, parents=True)
    (tmp_path / "elsewhere").write_bytes(b"x" * 32)
    (state / "undo.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Misuse, match="may be changed by others"):
        signature(LINE, tmp_path / "log")


def test_half_a_key_is_none(tmp_path: Path, state: Path) -> None:
    state.mkdir(mode=0o700, parents=True)
    (state / "undo.key").write_bytes(b"short")
    (state / "undo.key").chmod(0o600)
    with pytest.raises(Misuse, match="is no key"):
        signature(LINE, tmp_path / "log")


def test_without_a_home_the_key_lies_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert is_ours(LINE, signature(LINE, tmp_path / "log"), tmp_path / "log")
    assert (tmp_path / f"squall-state-{os.geteuid()}" / "undo.key").is_file()
