"""The command's output, which never decides what becomes of a run: its reader may go, the disk below it may be full."""

import io

import click

from squall.report.plain import in_one_line


class _Outliving(io.RawIOBase):
    """Writes to a stream until that fails, and from then on to nobody."""

    def __init__(self, stream: io.FileIO) -> None:
        self._stream, self._lost = stream, False

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, data: "bytes | memoryview") -> int:  # type: ignore[override]
        if not self._lost:
            try:
                return self._stream.write(data)
            except OSError:
                self._lost = True
        return len(data)


def outliving(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return a stream to the same place that raises nothing, whatever becomes of the place and whatever is written.

    ``squall run | head -1`` then runs to its end, and ends with what it found. A text that the encoding has not (a
    file's name, a German system in the C locale) is written with escapes.
    """
    # With PYTHONUNBUFFERED the text lies right on the file.
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.FileIO):
        stream.reconfigure(errors="backslashreplace")
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outliving(raw)),  # type: ignore[type-var]
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


def complain(text: str) -> None:
    """Say each line of it on stderr, as every command does."""
    for line in text.splitlines():
        click.echo(f"squall: {in_one_line(line)}", err=True)
