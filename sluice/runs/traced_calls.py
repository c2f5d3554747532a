"""What the functions of a run asked of AWS, as X-Ray has it: only of invocations that it kept."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sluice.stack.cloud import Cloud

_WINDOW = timedelta(hours=24)
"""The longest range that X-Ray looks at in one request."""
_LATE = timedelta(minutes=1)
_TRACES_AT_ONCE = 5
_RESOURCES = ("table_name", "bucket_name", "topic_arn")


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedCalls:
    """Calls of one operation by one function; `seconds` with retries, `failed` by any status."""

    function: str
    service: str
    operation: str
    resource: str
    calls: int
    failed: int
    seconds: float


def traced_calls(cloud: Cloud, run_id: str, began: datetime, ended: datetime) -> list[TracedCalls]:
    """What is known of a run, the slowest first."""
    trace_ids = list(_trace_ids(cloud, run_id, began, ended + _LATE))
    segments: list[Mapping[str, Any]] = []
    for start in range(0, len(trace_ids), _TRACES_AT_ONCE):
        wanted = trace_ids[start : start + _TRACES_AT_ONCE]
        pages = cloud.traces.get_paginator("batch_get_traces").paginate(TraceIds=wanted)
        for trace in (trace for page in pages for trace in page["Traces"]):
            segments += [json.loads(segment["Document"]) for segment in trace["Segments"]]
    return added_up(segments)


def added_up(segments: Sequence[Mapping[str, Any]]) -> list[TracedCalls]:
    """The calls in these segments of functions, the slowest first."""
    calls: Counter[tuple[str, ...]] = Counter()
    failed: Counter[tuple[str, ...]] = Counter()
    seconds: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for segment in segments:
        for called in _called(segment):
            aws = called.get("aws", {})
            resource = next((str(aws[name]) for name in _RESOURCES if name in aws), "")
            what = (segment["name"], called["name"], str(aws.get("operation", "")), resource)
            calls[what] += 1
            failed[what] += bool(called.get("fault") or called.get("error"))
            seconds[what] += float(called["end_time"]) - float(called["start_time"])
    return [
        TracedCalls(
            function=what[0],
            service=what[1],
            operation=what[2],
            resource=what[3],
            calls=calls[what],
            failed=failed[what],
            seconds=round(seconds[what], 3),
        )
        for what in sorted(seconds, key=lambda each: seconds[each], reverse=True)
    ]


def _called(segment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for inner in segment.get("subsegments", ()):
        if inner.get("namespace") == "aws" and "end_time" in inner:
            yield inner
        yield from _called(inner)


def _trace_ids(cloud: Cloud, run_id: str, began: datetime, ended: datetime) -> Iterator[str]:
    pages = cloud.traces.get_paginator("get_trace_summaries")
    while began < ended:
        until = min(began + _WINDOW, ended)
        found = pages.paginate(
            StartTime=began, EndTime=until, FilterExpression=f'annotation.run_id = "{run_id}"'
        )
        for page in found:
            yield from (summary["Id"] for summary in page["TraceSummaries"])
        began = until
