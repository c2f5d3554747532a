"""What a worker wrote, cut into the log events that CloudWatch Logs would show.

Everything a worker writes goes to one file: plain text from `print`, and frames from the
runtime client's log sink, which keep a message of many lines together.

    frame = 4 bytes A5 5A 00 xx, 4 bytes length, 8 bytes time in microseconds, message (big-endian)

Source: `FramedTelemetryLogSink` in
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
"""

from __future__ import annotations

import io
import os
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FRAME_MARK = b"\xa5\x5a\x00"
HEADER = struct.Struct(">4sIQ")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event; `timestamp_ms` since the epoch."""

    timestamp_ms: int
    message: str


def parse_output(data: bytes, *, now_ms: int) -> Iterator[LogEvent]:
    r"""The events in a worker's output; text outside frames gets the time `now_ms`.

    >>> [e.message for e in parse_output(b"one\ntwo\n", now_ms=0)]
    ['one\n', 'two\n']
    """
    position = 0
    while position < len(data):
        mark = data.find(FRAME_MARK, position)
        text = data[position : mark if mark >= 0 else len(data)]
        for line in io.BytesIO(text):
            yield LogEvent(now_ms, line.decode(errors="replace"))
        if mark < 0 or mark + HEADER.size > len(data):
            return
        _, length, microseconds = HEADER.unpack_from(data, mark)
        start = mark + HEADER.size
        message = data[start : start + length].decode(errors="replace")
        yield LogEvent(microseconds // 1000, message)
        position = start + length


class OutputFile:
    """The file that a worker writes to; `drain` takes what is new."""

    def __init__(self, folder: str) -> None:
        descriptor, path = tempfile.mkstemp(prefix="output-", dir=folder)
        os.close(descriptor)
        self.descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        Path(path).unlink()

    def drain(self) -> bytes:
        """What was written since the last call; the worker must be idle or dead."""
        data = os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0)
        os.ftruncate(self.descriptor, 0)
        return data

    def close(self) -> None:
        """Give the file back."""
        os.close(self.descriptor)
