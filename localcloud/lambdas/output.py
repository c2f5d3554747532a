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


def parse_output(data: bytes, *, began_ms: int, now_ms: int) -> Iterator[LogEvent]:
    r"""The events in a worker's output, as they were written; their times never go back.

    Text has no time of its own: it was written before the frame that follows it, or before now.
    A frame's time is kept within the invocation and no earlier than what stands before it, since
    CloudWatch Logs takes batches in chronological order only.
    Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html

    >>> [e.message for e in parse_output(b"one\ntwo\n", began_ms=0, now_ms=0)]
    ['one\n', 'two\n']
    """
    latest_ms = began_ms
    for text, frame_ms, message in _frames(data):
        latest_ms = max(latest_ms, min(now_ms if frame_ms is None else frame_ms, now_ms))
        for line in io.BytesIO(text):
            yield LogEvent(latest_ms, line.decode(errors="replace"))
        if frame_ms is not None:
            yield LogEvent(latest_ms, message.decode(errors="replace"))


def _frames(data: bytes) -> Iterator[tuple[bytes, int | None, bytes]]:
    """Cut output into (text, time of the frame behind it in ms, its message); no frame, no time."""
    position = 0
    while position < len(data):
        mark = data.find(FRAME_MARK, position)
        text = data[position : mark if mark >= 0 else len(data)]
        if mark < 0 or mark + HEADER.size > len(data):
            yield text, None, b""
            return
        _, length, microseconds = HEADER.unpack_from(data, mark)
        start = mark + HEADER.size
        position = start + length
        yield text, microseconds // 1000, data[start:position]


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
