"""The log of requests and probes: columns, in blocks that are appended while the run goes on.

A block is written by one ``write`` to a file opened for appending, so a killed process leaves whole blocks
and at most one torn one at the end, which the reader passes over. No bodies, queries or headers are kept.

Block: ``SQB1`` or ``SQB2``, count, length and CRC-32 of the payload (little-endian, 4 bytes each), then the payload:
length of the string table and the table (JSON list, UTF-8), then one array per column in the order of
``COLUMNS``; in ``SQB2`` one more, ``mark``: a block has it if a sample of its has one. Strings are indexes into the
table of their own block. Times are CLOCK_MONOTONIC seconds.
"""

import json
import math
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from squall.errors import Misuse
from squall.writing.redact import redacted

_MAGIC, _MARKED = b"SQB1", b"SQB2"
_HEADER = struct.Struct("<4sIII")
COLUMNS = (("intended", "d"), ("sent", "d"), ("done", "d"), ("status", "H"), ("ok", "B"),
            ("name", "H"), ("lane", "H"), ("instance", "H"), ("error", "H"))  # fmt: skip
MARK = ("mark", "H")
TEXTS = frozenset({"name", "lane", "instance", "error", "mark"})

# The prober's two lanes: one connects each time, the other keeps its connections.
NEW, REUSED = "new", "reused"

# What a column of 2 bytes can hold; a status above it is nonsense, and kept as the largest one.
_LARGEST = 0xFFFF
# Each row has four texts, and all of a block must have an index.
_ROWS_AT_MOST = _LARGEST // len(TEXTS)
# Characters of a text that are kept: a server chooses what it calls itself.
_TEXT_AT_MOST = 200
# What reading a block can come to that no squall has written.
ODD = (ValueError, LookupError, TypeError, AttributeError, struct.error, RecursionError)

DROPPED = "dropped"
UNFINISHED = "unfinished"
# The mark of an answer that says of itself that it is a fallback's.
DEGRADED = "degraded"


class Sample(NamedTuple):
    """One request as the user meant it and as it went; times in CLOCK_MONOTONIC seconds.

    ``sent`` is NaN if it never left (``error`` is ``dropped``), ``done`` is NaN if no end was seen
    (``error`` is ``unfinished``). ``status`` is the HTTP status, 0 without one.
    ``instance`` is what answered, if it says so. ``error`` is empty for a good answer; a sample
    that is ``ok`` in spite of its ``error`` is one that the locustfile called good. ``mark`` is ``degraded`` for an
    answer that bears the mark of ``load.degraded``.
    """

    intended: float
    sent: float
    done: float
    status: int
    ok: bool
    name: str = ""
    lane: str = ""
    instance: str = ""
    error: str = ""
    mark: str = ""

    @property
    def known(self) -> bool:
        """Whether its end was seen: an arrival that was dropped or cut off could have gone either way."""
        return not math.isnan(self.done)

    @property
    def latency(self) -> float:
        """Seconds from the intended moment, as open-loop users feel it; infinite if no end was seen."""
        return self.done - self.intended if self.known else math.inf

    @property
    def lateness(self) -> float:
        """Seconds by which the generator itself sent too late; infinite if it never sent."""
        return math.inf if math.isnan(self.sent) else self.sent - self.intended


class SampleWriter:
    """Appends samples to a file; whoever owns it calls ``flush`` at least once a second."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[Sample] = []

    def add(self, sample: Sample) -> None:
        """Take one sample; it reaches the file with the next flush."""
        self._waiting.append(sample)

    def flush(self) -> None:
        """Append all that waits, as one block or, if there are very many, as several."""
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), _ROWS_AT_MOST):
            block = memoryview(encode(waiting[first : first + _ROWS_AT_MOST]))
            while block:
                block = block[os.write(self._file, block) :]

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        os.close(self._file)


class SampleReader:
    """Reads a file that may still grow; each ``read`` returns what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def read(self) -> list[Sample]:
        """Return the samples of all blocks completed since the last call; a missing file has none.

        Raises:
            Misuse: a block is none that squall writes.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return []
        samples: list[Sample] = []
        try:
            for payload, count, end in payloads(data):
                samples.extend(_decode(payload, count))
                consumed = end
        except ODD as error:
            raise odd(self._path, error) from error
        if samples:
            self._at += consumed
        return samples


def odd(path: Path, error: Exception) -> Misuse:
    """Return the refusal of a file with a block that no squall has written."""
    return Misuse(f"reading {path}: it is no log of samples: {error}")


def encode(samples: Iterable[Sample]) -> bytes:
    """Return one block, header included; texts are redacted, and cut to 200 characters."""
    rows = list(samples)
    table: dict[str, int] = {}
    parts: list[bytes] = []
    marked = any(row.mark for row in rows)
    # Column by column in C: the load process sends nothing meanwhile.
    for (column, code), values in zip((*COLUMNS, MARK) if marked else COLUMNS, zip(*rows, strict=True), strict=False):
        numbers: Iterable[float] = values
        if column in TEXTS:
            texts = list(map(_kept, values))
            for text in dict.fromkeys(texts):
                table.setdefault(text, len(table))
            numbers = map(table.__getitem__, texts)
        elif column == "status" and max(values) > _LARGEST:
            numbers = (min(value, _LARGEST) for value in values)
        parts.append(_little_endian(array(code, numbers)).tobytes())
    strings = json.dumps(list(table)).encode()
    payload = struct.pack("<I", len(strings)) + strings + b"".join(parts)
    return _HEADER.pack(_MARKED if marked else _MAGIC, len(rows), len(payload), zlib.crc32(payload)) + payload


def payloads(data: bytes) -> Iterator[tuple[memoryview, int, int]]:
    """Yield the payload of each whole block, how many samples it holds, and where in ``data`` the block ends."""
    at, view = 0, memoryview(data)
    while at + _HEADER.size <= len(data):
        magic, count, length, crc = _HEADER.unpack_from(data, at)
        payload = view[at + _HEADER.size : at + _HEADER.size + length]
        if magic not in {_MAGIC, _MARKED} or len(payload) < length or zlib.crc32(payload) != crc:
            return
        at += _HEADER.size + length
        yield payload, count, at


def columns_of(payload: memoryview, count: int) -> Sequence[tuple[str, str]]:
    """Return the columns that a payload has, by its length: ``mark`` is the last of those that have one."""
    (size,) = struct.unpack_from("<I", payload)
    width = sum(struct.calcsize(f"<{code}") for _, code in COLUMNS)
    return COLUMNS if len(payload) <= 4 + size + width * count else (*COLUMNS, MARK)


def words(payload: memoryview) -> tuple[list[str], int]:
    """Return the string table of a block, and where its columns begin. Raises ``ODD``."""
    end = table_end(payload)
    table = json.loads(bytes(payload[4:end]))
    if not isinstance(table, list) or not all(isinstance(word, str) for word in table):
        raise ValueError("its table of words is none")
    return table, end


def table_end(payload: memoryview) -> int:
    """Return where the columns of a block begin."""
    (size,) = struct.unpack_from("<I", payload)
    return int(4 + size)


@lru_cache(4096)
def _kept(text: str) -> str:
    return redacted(str(text))[:_TEXT_AT_MOST]


def _decode(payload: memoryview, count: int) -> list[Sample]:
    strings, at = words(payload)
    columns: list[list[Any]] = []
    for column, code in columns_of(payload, count):
        values: array[float] = array(code)
        width = values.itemsize * count
        values.frombytes(payload[at : at + width])
        at += width
        numbers = _little_endian(values).tolist()
        columns.append([strings[int(number)] for number in numbers] if column in TEXTS else numbers)
    if at != len(payload) or not all(map(math.isfinite, columns[0])):
        raise ValueError("its columns are none")
    columns[4] = [bool(ok) for ok in columns[4]]
    return [Sample(*row) for row in zip(*columns, strict=True)]


def _little_endian(values: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        values.byteswap()
    return values
