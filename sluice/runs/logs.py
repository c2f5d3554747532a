"""The log lines of one run, wherever its functions and its job wrote them.

A run's history holds the request id of every invocation: in the result of a success, in the cause
of a failure. The functions log JSON lines that carry it, which ties a line to its run exactly.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pipeline.runs import cause
from sluice.runs.history import Event, event_details
from sluice.stack.cloud import Cloud

_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_JOB_RUN_ID = re.compile(r"\bjr_[0-9a-f]+")
# Clocks differ, and CloudWatch stamps some lines late.
_MARGIN = timedelta(seconds=60)
_JOB_GROUPS = ("/aws-glue/jobs/output", "/aws-glue/jobs/error")
_JOB_LEVEL = re.compile(r"\b(DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\b")
# What the functions' own lines are about, in this order.
_ABOUT = ("part", "rows", "files", "status", "key", "error")
# Errors that are the file's fault, not the function's.
_FINDINGS = frozenset({"FileRefusedError"})
PROBLEMS = frozenset({"ERROR", "CRITICAL", "FATAL"})


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One line; `level` is empty where the writer gave none."""

    at: datetime
    source: str
    """The function's name as the stack has it, or the job run's id."""
    level: str
    text: str
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The whole line, where it is JSON."""

    @property
    def is_platform(self) -> bool:
        """Whether it tells nobody what the code did: a line of Lambda's own, or metrics."""
        return self.text.startswith("platform.") or "_aws" in self.document

    def texts(self, *, verbose: bool) -> list[str]:
        """The lines of the text; without `verbose` what a stack trace adds is folded."""
        first, *more = self.text.split("\n")
        if verbose or not more:
            return [first, *more]
        return [f"{first} (+ {len(more)} lines: --verbose)"]

    @classmethod
    def from_event(cls, timestamp_ms: int, stream: str, message: str) -> Self:
        """Read a line of a function (JSON) or of the job (text)."""
        at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
        source, document = source_of(stream), cause.document_of(message)
        if document is None:
            level = _JOB_LEVEL.search(message)
            said = level[1] if level else ""
            return cls(at=at, source=source, level=said, text=message.rstrip())
        said = str(document.get("level", ""))
        return cls(at=at, source=source, level=said, text=_sentence(document), document=document)


def source_of(stream: str) -> str:
    """Who writes into a log stream.

    >>> source_of("2026/11/27/sluice-StartRunsFunction-1a2B[$LATEST]0c5daf4e")
    'sluice-StartRunsFunction-1a2B'
    >>> source_of("jr_0c5daf4e")
    'jr_0c5daf4e'
    """
    return stream.rpartition("/")[2].partition("[")[0]


def request_ids(events: Iterable[Event]) -> frozenset[str]:
    """The ids of all Lambda invocations that a history (with data) knows of.

    >>> ok = '{"Payload": {}, "SdkResponseMetadata": {"RequestId": "%s"}}'
    >>> first = "11111111-2222-3333-4444-555555555555"
    >>> events = [{"type": "TaskSucceeded", "taskSucceededEventDetails": {"output": ok % first}}]
    >>> request_ids(events) == {first}
    True
    """
    return _found(_REQUEST_ID, _texts(events))


def job_run_ids(events: Iterable[Event]) -> frozenset[str]:
    """The ids of all Glue job runs that a history (with data) knows of."""
    return _found(_JOB_RUN_ID, _texts(events))


def job_runs_in(texts: Iterable[str]) -> frozenset[str]:
    """The ids of Glue job runs that results and causes name."""
    return _found(_JOB_RUN_ID, texts)


def run_lines(
    cloud: Cloud, run_id: str, events: Iterable[Event], begin: datetime, end: datetime
) -> list[LogLine]:
    """The lines of a run's functions and job, oldest first; `end` may be now."""
    known = list(events)
    ids = request_ids(known) | {run_id}
    return find_lines(cloud, ids, job_run_ids(known), begin, end)


def ids_in(texts: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The ids of invocations and of job runs that results and causes name."""
    known = list(texts)
    return _found(_REQUEST_ID, known), job_runs_in(known)


def find_lines(
    cloud: Cloud,
    ids: Collection[str],
    job_runs: Iterable[str],
    begin: datetime,
    end: datetime,
) -> list[LogLine]:
    """The functions' lines that hold one of the ids, and all lines of the job runs."""
    window = (begin - _MARGIN, end + _MARGIN)
    group = f"/sluice/{cloud.stack.name}/functions"
    lines = [
        line
        for message, line in _group_lines(cloud, group, window)
        if any(each in message for each in ids)
    ]
    for job_run_id in job_runs:
        for job_group in _JOB_GROUPS:
            found = _group_lines(cloud, job_group, window, stream_prefix=job_run_id)
            lines.extend(line for _, line in found)
    return sorted(lines, key=lambda line: line.at)


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> frozenset[str]:
    return frozenset(found for text in texts for found in pattern.findall(text))


def _texts(events: Iterable[Event]) -> Iterator[str]:
    return (
        str(value)
        for event in events
        if event["type"].startswith("Task")
        for name, value in event_details(event).items()
        if name in {"output", "cause"}
    )


def _group_lines(
    cloud: Cloud, group: str, window: tuple[datetime, datetime], *, stream_prefix: str = ""
) -> Iterator[tuple[str, LogLine]]:
    """Each raw message of a log group with what it says; nothing where there is no such group."""
    begin, end = (int(instant.timestamp() * 1000) for instant in window)
    request: dict[str, Any] = {"logGroupName": group, "startTime": begin, "endTime": end}
    if stream_prefix:
        request["logStreamNamePrefix"] = stream_prefix
    pages = cloud.logs.get_paginator("filter_log_events").paginate(**request)
    try:
        for page in pages:
            for event in page["events"]:
                message = event["message"]
                line = LogLine.from_event(event["timestamp"], event["logStreamName"], message)
                yield message, line
    except cloud.logs.exceptions.ResourceNotFoundException:
        return


def _sentence(document: dict[str, Any]) -> str:
    """The words of a structured line: its message and what it is about, else the platform's event.

    A stack trace follows line by line; a refusal is a finding about a file and has none.
    """
    if "message" in document or "errorMessage" in document:
        said = document.get("message", document.get("errorMessage"))
        text = said if isinstance(said, str) else json.dumps(said)
        about = [f"{name}={document[name]}" for name in _ABOUT if name in document]
        if document.get("errorType") in _FINDINGS:
            return cause.plain(text)
        return "\n".join([" ".join([text, *about]), *cause.lines(json.dumps(document))[1:]])
    if str(document.get("type", "")).startswith("platform."):
        return f"{document['type']} {json.dumps(document.get('record', {}))}"
    return json.dumps(document)
