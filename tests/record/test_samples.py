import math
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from squall.errors import Misuse
from squall.record.columns import load
from squall.record.samples import DROPPED, UNFINISHED, Sample, SampleReader, SampleWriter, encode

HEADER = 16
MOMENTS = st.floats(0, 1e9)
TEXTS = st.text(max_size=8)
SAMPLES = st.builds(
    Sample,
    intended=MOMENTS,
    sent=MOMENTS | st.just(math.nan),
    done=MOMENTS | st.just(math.nan),
    status=st.integers(0, 999),
    ok=st.booleans(),
    name=TEXTS,
    lane=TEXTS,
    instance=TEXTS,
    error=TEXTS,
    mark=TEXTS,
)


def sample(intended: float, name: str = "search") -> Sample:
    return Sample(intended, intended, intended + 0.01, 200, True, name, "load", "api-1")


def same(one: Sample, other: Sample) -> bool:
    return all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True))


@given(st.lists(st.lists(SAMPLES, min_size=1, max_size=5), max_size=4))
def test_what_is_encoded_is_read_back(tmp_path_factory: pytest.TempPathFactory, blocks: list[list[Sample]]) -> None:
    path = tmp_path_factory.mktemp("samples") / "requests.sqb"
    path.write_bytes(b"".join(encode(block) for block in blocks))
    read = SampleReader(path).read()
    written = [sample for block in blocks for sample in block]
    assert len(read) == len(written)
    assert all(same(one, other) for one, other in zip(read, written, strict=True))
    assert all(type(one.ok) is bool for one in read)


@given(st.data())
def test_any_prefix_of_a_file_gives_the_whole_blocks_in_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    blocks = [encode([sample(1.0), sample(2.0)]), encode([sample(3.0, "ü")]), encode([sample(4.0)])]
    whole = b"".join(blocks)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [sum(map(len, blocks[: n + 1])) for n in range(3)]
    expected = sum(count for count, end in zip((2, 1, 1), ends, strict=True) if end <= cut)
    path = tmp_path_factory.mktemp("samples") / "requests.sqb"
    path.write_bytes(whole[:cut])
    assert len(load(path)) == expected


@given(st.data())
def test_a_flipped_bit_takes_its_block_and_never_gives_a_wrong_sample(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    block = bytearray(encode([sample(3.0), sample(4.0)]))
    # The count in the header is outside the checksum; magic, length and checksum guard themselves.
    place = data.draw(st.integers(HEADER, len(block) - 1))
    block[place] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("samples") / "requests.sqb"
    path.write_bytes(encode([sample(1.0)]) + block + encode([sample(5.0)]))
    assert list(load(path)) == [sample(1.0)]


def test_a_reader_follows_a_file_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqb"
    reader = SampleReader(path)
    assert reader.read() == []
    writer = SampleWriter(path)
    writer.add(sample(1.0))
    assert reader.read() == []
    writer.flush()
    assert reader.read() == [sample(1.0)]
    assert reader.read() == []
    writer.add(sample(2.0))
    writer.close()
    assert reader.read() == [sample(2.0)]


def test_a_reader_waits_for_the_rest_of_a_block(tmp_path: Path) -> None:
    path, block = tmp_path / "requests.sqb", encode([sample(1.0)])
    reader = SampleReader(path)
    path.write_bytes(block[:30])
    assert reader.read() == []
    path.write_bytes(block)
    assert reader.read() == [sample(1.0)]


def test_a_log_is_read_in_the_order_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqb"
    path.write_bytes(encode([sample(2.0)]) + encode([sample(1.0)]))
    assert [one.intended for one in load(path)] == [1.0, 2.0]


def test_a_missing_log_has_no_samples(tmp_path: Path) -> None:
    assert list(load(tmp_path / "requests.sqb")) == []


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    writer = SampleWriter(tmp_path / "requests.sqb")
    writer.flush()
    writer.close()
    assert (tmp_path / "requests.sqb").read_bytes() == b""


def test_what_was_not_seen_is_no_figure() -> None:
    dropped = Sample(1.0, math.nan, math.nan, 0, False, error=DROPPED)
    unfinished = Sample(1.0, 1.1, math.nan, 0, False, error=UNFINISHED)
    assert (dropped.known, dropped.latency, dropped.lateness) == (False, math.inf, math.inf)
    assert (unfinished.known, unfinished.latency) == (False, math.inf)
    assert unfinished.lateness == pytest.approx(0.1)


WRITING = """
import sys
from pathlib import Path
from squall.record.samples import Sample, SampleWriter
writer, number = SampleWriter(Path(sys.argv[1])), 0
while True:
    for _ in range(100):
        writer.add(Sample(number, number, number, 200, True, "search"))
        number += 1
    writer.flush()
    if number == 1000:
        print("well under way", flush=True)
"""


def test_a_killed_writer_leaves_a_log_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqb"
    with subprocess.Popen([sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE) as writing:
        assert writing.stdout is not None
        writing.stdout.readline()
        writing.kill()
    samples = load(path)
    assert len(samples) >= 1000
    assert [one.intended for one in samples] == list(range(len(samples)))


def test_blocks_with_marks_and_without_are_one_log(tmp_path: Path) -> None:
    """A log without marks is what it was before there were any, byte by byte."""
    path = tmp_path / "requests.sqb"
    plain, marked = [sample(1.0), sample(2.0, "")], [sample(3.0), sample(4.0)._replace(mark="degraded")]
    assert encode(plain).startswith(b"SQB1")
    path.write_bytes(encode(plain) + encode(marked) + encode(plain))
    marks = ["", "", "", "degraded", "", ""]
    assert [one.mark for one in SampleReader(path).read()] == marks
    assert sorted(one.mark for one in load(path)) == sorted(marks)
    assert [one.intended for one in load(path) if one.mark] == [4.0]


def test_a_server_voids_no_run_by_what_it_answers(tmp_path: Path) -> None:
    """Its status, what it calls itself and how many names it has are its own choice."""
    path = tmp_path / "requests.sqb"
    writer = SampleWriter(path)
    for number in range(70_000):
        writer.add(Sample(number, number, number, 99_999, False, f"n{number}", "load", "i" * 5000))
    writer.close()
    found = load(path)
    assert len(found) == 70_000
    assert (found[0].status, found[0].instance, found[69_999].name) == (65535, "i" * 200, "n69999")
    assert len(SampleReader(path).read()) == 70_000


def test_what_a_server_says_that_looks_like_a_secret_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqb"
    writer = SampleWriter(path)
    secret = "ghp_" + "a1B2" * 9
    writer.add(
        Sample(1, 1, 1, 500, False, "search", "load", f"api-1 {secret}", "Authorization: Bearer abcdefghijklmnop")
    )
    writer.close()
    assert secret.encode() not in path.read_bytes()
    assert (load(path)[0].instance, load(path)[0].error) == ("api-1 ***", "Authorization: Bearer ***")


def block(table: bytes = b'["search"]', columns: bytes | None = None, count: int = 1, size: int | None = None) -> bytes:
    """Return a block with a right checksum, whatever is in it."""
    row = struct.pack("<dddHBHHHH", 1, 1, 1, 200, 1, 0, 0, 0, 0) if columns is None else columns
    payload = struct.pack("<I", len(table) if size is None else size) + table + row
    return struct.pack("<4sIII", b"SQB1", count, len(payload), zlib.crc32(payload)) + payload


ODD = {
    "a table that is no list": block(b'{"a": 1}'),
    "a table of numbers": block(b"[1]"),
    "no JSON": block(b"[["),
    "deep nesting": block(b"[" * 5000),
    "a table that is longer than the block": block(size=2**31),
    "fewer columns than rows": block(count=2),
    "more rows than fit into memory": block(count=2**32 - 1),
    "more columns than rows": block(count=0),
    "an index into nowhere": block(columns=struct.pack("<dddHBHHHH", 1, 1, 1, 200, 1, 7, 0, 0, 0)),
    "a moment that is none": block(columns=struct.pack("<dddHBHHHH", math.nan, 1, 1, 200, 1, 0, 0, 0, 0)),
    "a moment beyond all others": block(columns=struct.pack("<dddHBHHHH", math.inf, 1, 1, 200, 1, 0, 0, 0, 0)),
    "nothing at all": struct.pack("<4sIII", b"SQB1", 0, 0, 0),
}


@pytest.mark.parametrize("content", ODD.values(), ids=list(ODD))
def test_a_block_that_no_squall_wrote_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "requests.sqb"
    path.write_bytes(encode([sample(1.0)]) + content)
    for read in (load, lambda path: SampleReader(path).read()):
        with pytest.raises(Misuse, match=r"^reading .*requests\.sqb: it is no log of samples: ") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_the_block_that_is_made_odd_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqb"
    path.write_bytes(block())
    assert list(load(path)) == [Sample(1, 1, 1, 200, True, "search", "search", "search", "search")]
