"""The traces that are kept: the latest ones, as documents of segments."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KEPT_TRACES = 10_000
_REQUIRED = ("id", "name", "trace_id", "start_time")

Document = dict[str, Any]


class SegmentError(ValueError):
    """The document is no segment."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Segments and subsegments with one trace id, in no order."""

    id: str
    documents: Sequence[Document]

    @property
    def began(self) -> float:
        """When the first part began, in seconds since 1970."""
        return min(float(document["start_time"]) for document in self.documents)

    @property
    def seconds(self) -> float:
        """From the beginning of the first to the end of the last part."""
        ends = (float(d.get("end_time") or d["start_time"]) for d in self.documents)
        return max(ends) - self.began

    def has(self, flag: str) -> bool:
        """Whether a segment has this flag: `fault`, `error` or `throttle`."""
        return any(document.get(flag) for document in self.segments())

    def annotations(self) -> Iterator[tuple[str, str | float | bool]]:
        """All annotations of all parts."""
        for document in self.documents:
            yield from document.get("annotations", {}).items()

    def segments(self) -> list[Document]:
        """The segments, each with the subsegments that were sent apart from it."""
        below: dict[str, list[Document]] = {}
        for document in self.documents:
            if document.get("type") == "subsegment":
                below.setdefault(str(document.get("parent_id")), []).append(document)
        return [_whole(d, below) for d in self.documents if d.get("type") != "subsegment"]


def _whole(document: Document, below: Mapping[str, Sequence[Document]]) -> Document:
    inner = [*document.get("subsegments", ()), *below.get(str(document["id"]), ())]
    return document | ({"subsegments": [_whole(d, below) for d in inner]} if inner else {})


class TraceStore:
    """Documents by trace; thread-safe. The oldest traces go when there are too many."""

    def __init__(self, kept_traces: int = KEPT_TRACES) -> None:
        self._kept = kept_traces
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, list[Document]] = OrderedDict()

    def expect(self, trace_id: str) -> None:
        """Keep what is heard of this trace from now on."""
        with self._lock:
            self._room_for(trace_id)

    def hear(self, document: Document) -> None:
        """Keep a part of an expected trace; of others, which anybody may send, nothing."""
        with self._lock:
            if document.get("trace_id") in self._traces and _is_segment(document):
                self._traces[document["trace_id"]].append(document)

    def put(self, document: Document) -> None:
        """Keep a segment.

        Raises:
            SegmentError: it is none.
        """
        if not _is_segment(document):
            raise SegmentError("MissingParam")
        with self._lock:
            self._room_for(document["trace_id"]).append(document)

    def traces(self) -> list[Trace]:
        """All that have any part, the oldest first."""
        with self._lock:
            return [Trace(id=i, documents=tuple(d)) for i, d in self._traces.items() if d]

    def find(self, trace_ids: Iterable[str]) -> list[Trace]:
        """Those of these that are kept."""
        with self._lock:
            found = ((i, self._traces.get(i)) for i in trace_ids)
            return [Trace(id=i, documents=tuple(d)) for i, d in found if d]

    def _room_for(self, trace_id: str) -> list[Document]:
        documents = self._traces.setdefault(trace_id, [])
        while len(self._traces) > self._kept:
            self._traces.popitem(last=False)
        return documents


def _is_segment(document: Mapping[str, Any]) -> bool:
    return all(name in document for name in _REQUIRED)
