from pathlib import Path

import pytest

from cluster.cache import Cache, digest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setenv("SQUALL_CACHE", str(tmp_path / "cache"))
    return Cache.of_user()


def fill(folder: Path) -> None:
    (folder / "program").write_text("whole")


def test_a_folder_is_known_by_content_not_place(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "file").write_text("same")
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    (tmp_path / "two" / "sub" / "file").write_text("other")
    assert digest(tmp_path / "one") != digest(tmp_path / "two")


def test_a_renamed_file_is_another_input(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("same")
    before = digest(tmp_path)
    (tmp_path / "one").rename(tmp_path / "two")
    assert digest(tmp_path) != before


def test_neighbours_are_not_run_together() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_what_python_leaves_behind_is_no_input(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 1")
    before = digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.pyc").write_bytes(b"compiled")
    assert digest(tmp_path) == before


def test_an_output_is_made_once_per_key(cache: Cache) -> None:
    made: list[str] = []

    def make(folder: Path) -> None:
        made.append(folder.name)
        fill(folder)

    assert cache.obtain("part", "k1", make) == cache.obtain("part", "k1", make)
    cache.obtain("part", "k2", make)
    assert len(made) == 2


def test_a_failed_build_leaves_no_result(cache: Cache) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.obtain("part", "k", fail)
    assert not cache.has("part", "k")
    assert (cache.obtain("part", "k", fill) / "program").read_text() == "whole"


def test_nobody_sees_a_half_made_output(cache: Cache) -> None:
    def make(folder: Path) -> None:
        fill(folder)
        assert not cache.has("part", "k")

    cache.obtain("part", "k", make)
    assert cache.has("part", "k")


def test_what_a_killed_run_left_is_removed_under_the_lock(cache: Cache) -> None:
    left = cache.root / "scratch" / "part-killed"
    left.mkdir()
    with cache.locked():
        assert not left.exists()


def test_old_outputs_go_but_not_those_of_a_longer_name(cache: Cache) -> None:
    cache.obtain("part-two", "k1", fill)
    for key in ("k1", "k2", "k3"):
        cache.obtain("part", key, fill)
    kept = {folder.name for folder in (cache.root / "parts").iterdir()}
    assert "part-two-k1" in kept
    assert "part-k3" in kept
    assert len(kept) == 3
